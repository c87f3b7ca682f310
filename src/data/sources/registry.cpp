#include "data/sources/prepared_tensors.h"
#ifdef NADIR_RASTER
#include "data/sources/isprs.h"
#include "data/sources/raster_pairs.h"
#include "data/sources/raster_vectors.h"
#endif

namespace nadir {

const SourceRegistry& sources() {
  static const SourceRegistry registry(
      "source",
      {
#ifdef NADIR_RASTER
          // Plain pictures are rasters without a georeference.
          SourceRegistry::item("image_masks", "PNG or JPEG images and masks, by value or colour",
                               make_raster_pairs),
          SourceRegistry::item("raster_pairs", "georeferenced images and masks", make_raster_pairs),
          SourceRegistry::item("raster_vectors", "georeferenced images and polygons", make_raster_vectors),
          SourceRegistry::item("isprs", "Potsdam and Vaihingen as ISPRS publishes them", make_isprs),
#endif
          SourceRegistry::item("prepared", "images and labels as tensors in a safetensors file",
                               make_prepared),
      });
  return registry;
}

std::vector<bool> Source::classes_in(std::int64_t) const { return {}; }

std::vector<std::string> Source::files(std::int64_t scene) const {
  const std::string& path = scenes().at(static_cast<std::size_t>(scene)).path;
  return path.empty() ? std::vector<std::string>{} : std::vector<std::string>{path};
}
std::vector<std::string> Source::remarks() const { return {}; }

std::vector<std::int64_t> Source::band_numbers() const {
  std::vector<std::int64_t> numbers(band_names().size());
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<std::int64_t>(i) + 1;
  return numbers;
}

}  // namespace nadir
