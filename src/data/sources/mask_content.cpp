#include "data/sources/mask_content.h"

namespace nadir {
namespace {

class MaskContent final : public PictureContent {
 public:
  MaskContent(std::vector<std::string> masks, PictureMask::Table table)
      : masks_(std::move(masks)), reader_(std::move(table)) {}

  torch::Tensor load_target(const PictureScene& scene, const PictureSize& size) const override {
    const std::string& mask = of(scene);
    return mask.empty() ? torch::Tensor() : reader_.read(mask, *scene.info, size);
  }
  std::vector<std::string> files(const PictureScene& scene) const override {
    if (of(scene).empty()) return {scene.image};
    return {scene.image, of(scene)};
  }

 private:
  const std::string& of(const PictureScene& scene) const {
    return masks_[static_cast<std::size_t>(scene.index)];
  }

  std::vector<std::string> masks_;
  PictureMask reader_;
};

}  // namespace

std::unique_ptr<PictureContent> make_mask_content(std::vector<std::string> masks, PictureMask::Table table) {
  return std::make_unique<MaskContent>(std::move(masks), std::move(table));
}

}  // namespace nadir
