#include <cmath>
#include <limits>

#include "core/text.h"
#include "raster/index_rows.h"

namespace nadir {
namespace {

constexpr std::int64_t kBins = 256;
constexpr std::uint8_t kNoData = 255;

struct ValueRange {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
};

ValueRange value_range(const RasterReader& reader, const SpectralIndex& index,
                       const std::vector<std::int64_t>& bands, ProgressObserver& observer) {
  ValueRange range;
  for_each_index_rows(reader, index, bands, "range", observer, [&](const Window&, const at::Tensor& values) {
    const at::Tensor finite = values.masked_select(values.isfinite());
    if (finite.numel() == 0) return;
    range.low = std::min(range.low, finite.min().item<double>());
    range.high = std::max(range.high, finite.max().item<double>());
  });
  if (!(range.low < range.high)) {
    throw DataError(reader.info().path + ": " + index.name + " has " +
                    (range.low > range.high ? std::string("no finite value") : "one value everywhere") +
                    ", so no threshold can be found; check the bands, or give --threshold a number");
  }
  return range;
}

double find_threshold(const RasterReader& reader, const SpectralIndex& index,
                      const std::vector<std::int64_t>& bands, ProgressObserver& observer) {
  const ValueRange range = value_range(reader, index, bands, observer);
  at::Tensor histogram = at::zeros({kBins}, at::kDouble);
  for_each_index_rows(
      reader, index, bands, "histogram", observer, [&](const Window&, const at::Tensor& values) {
        histogram +=
            at::histc(values.masked_select(values.isfinite()), kBins, range.low, range.high).to(at::kDouble);
      });
  std::vector<std::int64_t> counts;
  for (std::int64_t i = 0; i < kBins; ++i) counts.push_back(std::llround(histogram[i].item<double>()));
  return otsu_threshold(counts, range.low, range.high);
}

}  // namespace

IndexMaskSummary write_index_mask(const std::string& image, const IndexMaskOptions& options,
                                  const std::filesystem::path& output, ProgressObserver& observer) {
  const at::NoGradGuard no_grad;
  const SpectralIndex& index = find_spectral_index(options.index);
  const std::vector<std::int64_t> bands = index_bands(index, options.bands);
  const RasterReader reader(image);
  IndexMaskSummary summary;
  summary.threshold = options.threshold ? *options.threshold : find_threshold(reader, index, bands, observer);

  RasterLayout layout;
  layout.height = reader.info().height;
  layout.width = reader.info().width;
  layout.geo = reader.info().geo;
  layout.nodata = kNoData;
  layout.classes = options.classes;
  layout.metadata = {{"INDEX", index.name + " = " + index.formula + " (" + index.source + ")"},
                     {"THRESHOLD", shortest(summary.threshold)}};
  RasterWriter writer(output, layout);
  for_each_index_rows(reader, index, bands, "write", observer,
                      [&](const Window& window, const at::Tensor& values) {
                        const at::Tensor above = values > summary.threshold;
                        const at::Tensor known = values.isfinite();
                        const at::Tensor mask = above.to(at::kByte).masked_fill(known.logical_not(), kNoData);
                        summary.above += above.sum().item<std::int64_t>();
                        summary.unknown += known.logical_not().sum().item<std::int64_t>();
                        summary.below += (known & above.logical_not()).sum().item<std::int64_t>();
                        writer.write(window, mask.unsqueeze(0));
                      });
  writer.finish();
  return summary;
}

}  // namespace nadir
