#include "data/sources/raster_pairs.h"

#include "core/text.h"
#include "data/sources/column_scaling.h"
#include "data/sources/pair_check.h"
#include "data/sources/scene_files.h"

namespace nadir {
namespace {

class RasterPairs : public Source {
 public:
  RasterPairs(const RasterPairFiles& files, const ImageConfig& config)
      : images_(files.images, config), masks_(files.masks) {
    for (std::size_t i = 0; i < files.parts.size(); ++i) images_.set_part(i, files.parts[i]);
  }

  const std::vector<Scene>& scenes() const override { return images_.scenes(); }
  const std::vector<std::string>& band_names() const override { return images_.band_names(); }
  std::vector<std::int64_t> band_numbers() const override { return images_.band_numbers(); }
  std::vector<std::string> files(std::int64_t scene) const override {
    std::vector<std::string> paths = Source::files(scene);
    if (!masks_.empty()) paths.push_back(masks_.at(static_cast<std::size_t>(scene)));
    return paths;
  }

  Sample read(std::int64_t scene, const Window& window) const override {
    Sample sample = images_.read(scene, window);
    sample.target = target(scene, window, sample.valid);
    return sample;
  }
  torch::Tensor read_target(std::int64_t scene, const Window& window) const override {
    return target(scene, window, images_.read_valid(scene, window));
  }

 protected:
  // Of all pixels, valid or not.
  virtual torch::Tensor labels(std::int64_t scene, const Window& window) const = 0;

  // Throws DataError when a mask does not lie on its image's pixels.
  template <class Check>
  void check_masks(const Check& check) const {
    for (std::size_t i = 0; i < masks_.size(); ++i) {
      const ReaderPool::Lease image = images_.readers().take(scenes()[i].path);
      const ReaderPool::Lease mask = images_.readers().take(masks_[i]);
      check_pair(image->info(), mask->info());
      check(image->info(), mask->info());
    }
  }
  ReaderPool::Lease mask_of(std::int64_t scene) const {
    return images_.readers().take(masks_.at(static_cast<std::size_t>(scene)));
  }

  ImageSet images_;
  std::vector<std::string> masks_;  // of each scene; empty: no labels

 private:
  torch::Tensor target(std::int64_t scene, const Window& window, const torch::Tensor& valid) const {
    if (masks_.empty()) return {};
    torch::Tensor found = labels(scene, window);
    if (valid.defined()) found.masked_fill_(valid.logical_not(), kIgnore);
    return found;
  }
};

// Masks that say the class of each pixel.
class LabelRasters final : public RasterPairs {
 public:
  LabelRasters(const RasterPairFiles& files, const RasterPairsConfig& config, const LabelSpec& labels)
      : RasterPairs(files, config.image), mask_reader_(config.mask, labels) {
    check_masks([&](const RasterInfo&, const RasterInfo& mask) { mask_reader_.check(mask); });
  }

  std::vector<std::string> remarks() const override { return mask_reader_.remarks(); }

 protected:
  torch::Tensor labels(std::int64_t scene, const Window& window) const override {
    const ResizedGrid& grid = images_.grid(scene);
    const Window from = grid.source(window, Resampling::kNearest);
    const torch::Tensor found = mask_reader_.read(*mask_of(scene), from);
    if (!grid.changes()) return found;
    if (found.dim() == 3) return grid.resample(found, {}, from, window, Resampling::kNearest);
    return grid.resample(found.unsqueeze(0), {}, from, window, Resampling::kNearest).squeeze(0);
  }

 private:
  MaskReader mask_reader_;
};

void check_copy(const RasterInfo& image, const RasterInfo& copy) {
  if (image.bands.size() == copy.bands.size() && image.type == copy.type) return;
  throw DataError(copy.path + ": has " + counted(static_cast<std::int64_t>(copy.bands.size()), "band") +
                  " of " + copy.type_name + ", and the image that it is a masked copy of, " + image.path +
                  ", has " + counted(static_cast<std::int64_t>(image.bands.size()), "band") + " of " +
                  image.type_name);
}

// Masks that are copies of the image in which the labelled pixels hold one value.
class MaskedCopies final : public RasterPairs {
 public:
  MaskedCopies(const RasterPairFiles& files, const RasterPairsConfig& config, const LabelSpec& labels)
      : RasterPairs(files, config.image), copy_(config.copy, labels) {
    check_masks(check_copy);
  }

 protected:
  torch::Tensor labels(std::int64_t scene, const Window& window) const override {
    const ResizedGrid& grid = images_.grid(scene);
    const Window from = grid.source(window, Resampling::kNearest);
    const ReaderPool::Lease image = images_.readers().take(scenes()[static_cast<std::size_t>(scene)].path);
    const ReaderPool::Lease mask = mask_of(scene);
    const std::vector<std::int64_t>& bands = images_.band_numbers();
    const torch::Tensor found = copy_.target(image->read(from, bands), mask->read(from, bands),
                                             mask->info().path + ", " + to_string(from));
    return grid.resample(found.unsqueeze(0), {}, from, window, Resampling::kNearest).squeeze(0);
  }

 private:
  MaskedCopy copy_;
};

// As study 003's code runs.
class Study003Pairs final : public RasterPairs {
 public:
  Study003Pairs(const RasterPairFiles& files, const RasterPairsConfig& config, const LabelSpec& labels)
      : RasterPairs(files, config.image), copy_(config.copy, labels) {
    check_masks(check_copy);
  }

  Sample read(std::int64_t scene, const Window& window) const override {
    Sample sample = RasterPairs::read(scene, window);
    sample.image = scaled(scene, window, false);
    return sample;
  }

 protected:
  torch::Tensor labels(std::int64_t scene, const Window& window) const override {
    return copy_.classes(scaled(scene, window, true)[0].eq(0));
  }

 private:
  torch::Tensor resized(std::int64_t scene, const Window& window, bool copy) const {
    const ResizedGrid& grid = images_.grid(scene);
    const Window from = grid.source(window, Resampling::kBilinear);
    const ReaderPool::Lease raster =
        copy ? mask_of(scene) : images_.readers().take(scenes()[static_cast<std::size_t>(scene)].path);
    const std::vector<std::int64_t>& bands = images_.band_numbers();
    return grid.resample(raster->read(from, bands), raster->read_valid(from, bands), from, window,
                         Resampling::kBilinear);
  }

  torch::Tensor scaled(std::int64_t scene, const Window& window, bool copy) const {
    const Scene& whole = scenes()[static_cast<std::size_t>(scene)];
    const ColumnRange range =
        (copy ? copy_ranges_ : image_ranges_).of(scene, whole.height, whole.width, [&](const Window& part) {
          return resized(scene, part, copy);
        });
    return scale_columns(resized(scene, window, copy), range, window.column);
  }

  MaskedCopy copy_;
  mutable ColumnRanges image_ranges_, copy_ranges_;
};

}  // namespace

void RasterPairsConfig::fields(FieldVisitor& visit) {
  visit.paths("images", images);
  visit.paths("masks", masks);
  image.fields(visit);
  mask.fields(visit);
  copy.fields(visit);
  visit.field("flavour", flavour, {"none", "study003"});
}

void RasterPairsConfig::validate() const {
  if (images.empty()) throw ConfigError("'images' is missing; for example images: scenes/*.tif");
  if (flavour == "study003" &&
      (mask.labels != "masked_copy" || masks.empty() || image.resampling != "bilinear")) {
    throw ConfigError("flavour study003 wants masks, labels: masked_copy and resampling: bilinear");
  }
}

std::shared_ptr<Source> make_raster_pairs(const RasterPairFiles& files, const RasterPairsConfig& config,
                                          const LabelSpec& labels) {
  if (config.flavour == "study003") return std::make_shared<Study003Pairs>(files, config, labels);
  if (config.mask.labels == "masked_copy") return std::make_shared<MaskedCopies>(files, config, labels);
  return std::make_shared<LabelRasters>(files, config, labels);
}

std::shared_ptr<Source> make_raster_pairs(const RasterPairsConfig& config, const LabelSpec& labels) {
  RasterPairFiles files{find_files(config.images, "images"), find_files(config.masks, "masks"), {}};
  if (!files.masks.empty()) {
    const bool patterns = std::any_of(config.images.begin(), config.images.end(), is_pattern) &&
                          std::any_of(config.masks.begin(), config.masks.end(), is_pattern);
    check_pairs(files.images, files.masks, patterns);
  }
  return make_raster_pairs(files, config, labels);
}

}  // namespace nadir
