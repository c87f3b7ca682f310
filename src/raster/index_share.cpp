#include "raster/index_share.h"

#include "raster/index_rows.h"

namespace nadir {

double index_share(const std::string& image, const IndexMaskOptions& options, ProgressObserver& observer) {
  const at::NoGradGuard no_grad;
  const SpectralIndex& index = find_spectral_index(options.index);
  const RasterReader reader(image);
  std::int64_t above = 0, known = 0;
  for_each_index_rows(reader, index, index_bands(index, options.bands), "share", observer,
                      [&](const Window&, const at::Tensor& values) {
                        const at::Tensor finite = values.isfinite();
                        above += (finite & (values > options.threshold.value())).sum().item<std::int64_t>();
                        known += finite.sum().item<std::int64_t>();
                      });
  if (known == 0) throw DataError(image + ": " + index.name + " has no finite value");
  return static_cast<double>(above) / static_cast<double>(known);
}

}  // namespace nadir
