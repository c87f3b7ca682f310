#include <torch/types.h>
#include <torch/utils.h>

#include <limits>
#include <stdexcept>

#include "core/text.h"
#include "nadir/config.h"
#include "nadir/raster.h"

namespace nadir {
namespace {

// bands: [C, H, W], in the order of the index's roles; the result is [H, W].
using Evaluate = at::Tensor (*)(const at::Tensor& bands);

at::Tensor quotient(const at::Tensor& numerator, const at::Tensor& denominator) {
  const at::Tensor undefined = at::full({}, std::numeric_limits<float>::quiet_NaN());
  return at::where(denominator.eq(0), undefined, numerator / denominator);
}

at::Tensor normalized_difference(const at::Tensor& b) { return quotient(b[0] - b[1], b[0] + b[1]); }

at::Tensor evi(const at::Tensor& b) {
  return 2.5 * quotient(b[0] - b[1], b[0] + 6.0 * b[1] - 7.5 * b[2] + 1.0);
}

at::Tensor savi(const at::Tensor& b) { return 1.5 * quotient(b[0] - b[1], b[0] + b[1] + 0.5); }

at::Tensor awei_nsh(const at::Tensor& b) { return 4.0 * (b[0] - b[1]) - (0.25 * b[2] + 2.75 * b[3]); }

at::Tensor awei_sh(const at::Tensor& b) { return b[0] + 2.5 * b[1] - 1.5 * (b[2] + b[3]) - 0.25 * b[4]; }

struct Row {
  SpectralIndex index;
  Evaluate evaluate;
};

SpectralIndex difference(const std::string& name, const std::string& a, const std::string& b,
                         const std::string& source) {
  return {name, "(" + a + " - " + b + ") / (" + a + " + " + b + ")", source, {a, b}};
}

const std::vector<Row>& table() {
  static const std::vector<Row> rows{
      {difference("ndvi", "nir", "red", "Rouse et al. 1974, NASA SP-351"), normalized_difference},
      {difference("ndwi", "green", "nir", "McFeeters 1996, doi:10.1080/01431169608948714"),
       normalized_difference},
      {difference("mndwi", "green", "swir1", "Xu 2006, doi:10.1080/01431160600589179"),
       normalized_difference},
      {difference("ndbi", "swir1", "nir", "Zha et al. 2003, doi:10.1080/01431160304987"),
       normalized_difference},
      {difference("ndmi", "nir", "swir1", "Wilson and Sader 2002, doi:10.1016/S0034-4257(01)00318-2"),
       normalized_difference},
      {difference("nbr", "nir", "swir2", "Lopez Garcia and Caselles 1991, doi:10.1080/10106049109354290"),
       normalized_difference},
      {difference("ndsi", "green", "swir1", "Hall et al. 1995, doi:10.1016/0034-4257(95)00137-P"),
       normalized_difference},
      // The constants below suit reflectance from 0 to 1.
      {{"evi",
        "2.5 * (nir - red) / (nir + 6 * red - 7.5 * blue + 1)",
        "Huete et al. 2002, doi:10.1016/S0034-4257(02)00096-2",
        {"nir", "red", "blue"}},
       evi},
      {{"savi",
        "1.5 * (nir - red) / (nir + red + 0.5)",
        "Huete 1988, doi:10.1016/0034-4257(88)90106-X",
        {"nir", "red"}},
       savi},
      {{"awei_nsh",
        "4 * (green - swir1) - (0.25 * nir + 2.75 * swir2)",
        "Feyisa et al. 2014, doi:10.1016/j.rse.2013.08.029",
        {"green", "swir1", "nir", "swir2"}},
       awei_nsh},
      {{"awei_sh",
        "blue + 2.5 * green - 1.5 * (nir + swir1) - 0.25 * swir2",
        "Feyisa et al. 2014, doi:10.1016/j.rse.2013.08.029",
        {"blue", "green", "nir", "swir1", "swir2"}},
       awei_sh},
  };
  return rows;
}

const Row& find_row(const std::string& name) {
  std::vector<std::string> known;
  for (const Row& row : table()) {
    if (row.index.name == name) return row;
    known.push_back(row.index.name);
  }
  throw_unknown_name("spectral index", name, known, {});
}

}  // namespace

const std::vector<SpectralIndex>& spectral_indices() {
  static const std::vector<SpectralIndex> indices = [] {
    std::vector<SpectralIndex> result;
    for (const Row& row : table()) result.push_back(row.index);
    return result;
  }();
  return indices;
}

const SpectralIndex& find_spectral_index(const std::string& name) { return find_row(name).index; }

at::Tensor compute_spectral_index(const SpectralIndex& index, const at::Tensor& bands) {
  const Row& row = find_row(index.name);
  const auto wanted = std::ssize(row.index.bands);
  if (bands.dim() != 3 || bands.size(0) != wanted || bands.scalar_type() != at::kFloat) {
    throw std::logic_error(index.name + " needs [" + std::to_string(wanted) +
                           ", H, W] float32: " + join_words(row.index.bands));
  }
  const torch::NoGradGuard no_gradient;
  return row.evaluate(bands);
}

}  // namespace nadir
