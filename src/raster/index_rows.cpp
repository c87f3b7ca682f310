#include "raster/index_rows.h"

#include <limits>

namespace nadir {
namespace {

constexpr std::int64_t kRowsAtATime = 256;

}  // namespace

std::vector<std::int64_t> index_bands(const SpectralIndex& index,
                                      const std::map<std::string, std::int64_t>& roles) {
  std::vector<std::int64_t> numbers;
  for (const std::string& role : index.bands) {
    const auto found = roles.find(role);
    if (found == roles.end()) {
      throw ConfigError("the index " + index.name + " = " + index.formula + " needs the band '" + role +
                        "'; say which one it is, for example --bands " + role + "=2");
    }
    numbers.push_back(found->second);
  }
  return numbers;
}

void for_each_index_rows(const RasterReader& reader, const SpectralIndex& index,
                         const std::vector<std::int64_t>& bands, const std::string& stage,
                         ProgressObserver& observer,
                         const std::function<void(const Window&, const at::Tensor&)>& visit) {
  const RasterInfo& info = reader.info();
  for (std::int64_t row = 0; row < info.height; row += kRowsAtATime) {
    if (stop_requested()) throw Interrupted("stopped; nothing was written");
    const Window window{row, 0, std::min(kRowsAtATime, info.height - row), info.width};
    at::Tensor values = compute_spectral_index(index, reader.read(window, bands).to(at::kFloat));
    const at::Tensor valid = reader.read_valid(window, bands);
    if (valid.defined())
      values = values.masked_fill(valid.logical_not(), std::numeric_limits<float>::quiet_NaN());
    visit(window, values);
    observer.progress({stage, window.bottom(), info.height, ""});
  }
}

}  // namespace nadir
