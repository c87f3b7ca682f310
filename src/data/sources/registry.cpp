#include "data/sources/prepared_tensors.h"
#ifdef NADIR_RASTER
#include "data/sources/captions.h"
#include "data/sources/cityscapes.h"
#include "data/sources/cityscapes_pairs.h"
#include "data/sources/coco.h"
#include "data/sources/csv_list.h"
#include "data/sources/image_folder.h"
#include "data/sources/isprs.h"
#include "data/sources/kaggle_clouds.h"
#include "data/sources/labelme.h"
#include "data/sources/raster_pairs.h"
#include "data/sources/raster_vectors.h"
#include "data/sources/voc.h"
#endif

namespace nadir {

const SourceRegistry& sources() {
  static const SourceRegistry registry(
      "source",
      {
#ifdef NADIR_RASTER
          SourceRegistry::item("camvid", "street scenes with colour masks", make_camvid),
          SourceRegistry::item("captions", "a list of images, or windows of them, with captions",
                               make_captions),
          SourceRegistry::item("cityscapes", "street scenes in the publisher's folders", make_cityscapes),
          SourceRegistry::item("cityscapes_pairs", "photo and label side by side in one JPEG",
                               make_cityscapes_pairs),
          SourceRegistry::item("coco", "pictures with COCO's polygons and run lengths", make_coco),
          SourceRegistry::item("csv", "a list of images with masks or classes", make_csv_list),
          SourceRegistry::item("image_folder", "a folder of pictures for each class", make_image_folder),
          SourceRegistry::item("kaggle_clouds", "cloud photographs with run lengths", make_kaggle_clouds),
          SourceRegistry::item("labelme", "pictures with labelme's polygons", make_labelme),
          SourceRegistry::item("voc", "Pascal VOC's folders", make_voc),
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

std::vector<std::string> Source::problems() const { return {}; }

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
