#include "data/pixel_types.h"
#include "nadir/data.h"

namespace nadir {
namespace {

// Of ImageNet's training images, scaled to 0..1; red, green, blue (torchvision's).
const std::vector<double> kImagenetMean = {0.485, 0.456, 0.406};
const std::vector<double> kImagenetStd = {0.229, 0.224, 0.225};

double largest_value(torch::ScalarType type) {
  return visit_pixel_type(type, [&]<class T>(T) -> double {
    if constexpr (std::is_floating_point_v<T>) {
      throw ConfigError(
          "data.normalize.scale: type_range needs a type with a largest value, and the images are " +
          pixel_type_name(type) + "; use min_max or none");
    } else {
      return static_cast<double>(std::numeric_limits<T>::max());
    }
  });
}

// A band that is the same everywhere has no spread to divide by.
double or_one(double spread) { return spread > 0 ? spread : 1.0; }

void set_scale(Normalization& result, const BandStats& stats, torch::ScalarType type,
               const std::vector<double>& percentiles) {
  const std::size_t bands = stats.mean.size();
  result.offset.assign(bands, 0.0);
  result.range.assign(bands, 1.0);
  if (result.scale == "type_range") {
    result.range.assign(bands, largest_value(type));
  } else if (result.scale == "min_max") {
    result.offset = stats.min;
    for (std::size_t i = 0; i < bands; ++i) result.range[i] = or_one(stats.max[i] - stats.min[i]);
  } else if (result.scale == "percentile") {
    for (std::size_t i = 0; i < bands; ++i) {
      result.offset[i] = stats.percentile(i, percentiles[0]);
      result.range[i] = or_one(stats.percentile(i, percentiles[1]) - result.offset[i]);
    }
  }
}

void check_imagenet(const std::string& field, const std::string& scale, std::size_t bands,
                    torch::ScalarType type) {
  const std::string where = "data.normalize." + field + ": imagenet ";
  if (bands != 3) {
    throw ConfigError(where + "is for the three bands red, green and blue; the images have " +
                      std::to_string(bands) + " bands. Use data, or choose three bands");
  }
  if (scale == "none" && type != torch::kFloat32) {
    throw ConfigError(where + "is for values from 0 to 1, and the images are " + pixel_type_name(type) +
                      "; set data.normalize.scale to type_range or min_max");
  }
}

}  // namespace

void NormalizeConfig::fields(FieldVisitor& visit) {
  visit.field("scale", scale, {"none", "type_range", "min_max", "percentile"});
  visit.field("percentiles", percentiles, between(0, 100));
  visit.field("mean", mean, {"data", "imagenet", "zero"});
  visit.field("std", std, {"data", "imagenet", "one"});
}

Normalization make_normalization(const NormalizeConfig& config, const BandStats& stats,
                                 torch::ScalarType type) {
  if (config.percentiles.size() != 2 || !(config.percentiles[0] < config.percentiles[1])) {
    throw ConfigError(
        "data.normalize.percentiles must be two numbers, the lower first, for example percentiles: [2, 98]");
  }
  const std::size_t bands = stats.mean.size();
  if (config.mean == "imagenet") check_imagenet("mean", config.scale, bands, type);
  if (config.std == "imagenet") check_imagenet("std", config.scale, bands, type);
  Normalization result;
  result.scale = config.scale;
  set_scale(result, stats, type, config.percentiles);
  result.mean = config.mean == "imagenet" ? kImagenetMean : std::vector<double>(bands, 0.0);
  result.std = config.std == "imagenet" ? kImagenetStd : std::vector<double>(bands, 1.0);
  for (std::size_t i = 0; i < bands; ++i) {
    if (config.mean == "data") result.mean[i] = (stats.mean[i] - result.offset[i]) / result.range[i];
    if (config.std == "data") result.std[i] = or_one(stats.std[i]) / result.range[i];
  }
  return result;
}

}  // namespace nadir
