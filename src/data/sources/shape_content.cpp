#include "data/sources/shape_content.h"

#include "core/text.h"

namespace nadir {
namespace {

class ShapeContent final : public PictureContent {
 public:
  ShapeContent(std::vector<std::vector<LabelShape>> shapes, std::uint8_t background, const LabelSpec& labels)
      : shapes_(std::move(shapes)),
        background_(background),
        multilabel_(labels.task == Task::kMultilabel),
        classes_(labels.classes.size()) {}

  torch::Tensor load_target(const PictureScene& scene, const PictureSize& size) const override {
    const auto planes = static_cast<std::int64_t>(multilabel_ ? classes_ : 1);
    torch::Tensor target =
        torch::full({planes, size.height, size.width}, multilabel_ ? 0 : background_, torch::kUInt8);
    for (const LabelShape& shape : shapes_[static_cast<std::size_t>(scene.index)]) {
      if (!multilabel_) {
        torch::Tensor plane = target[0];
        draw(shape, *scene.info, shape.label, plane);
        continue;
      }
      // What does not count, counts in no class.
      for (std::int64_t k = 0; k < planes; ++k) {
        torch::Tensor plane = target[k];
        if (shape.label == kIgnore) draw(shape, *scene.info, shape.label, plane);
        if (shape.label == k) draw(shape, *scene.info, 1, plane);
      }
    }
    return multilabel_ ? target : target[0];
  }

  std::vector<bool> classes_in(const PictureScene& scene) const override {
    std::vector<bool> present(classes_);
    for (const LabelShape& shape : shapes_[static_cast<std::size_t>(scene.index)]) {
      if (shape.label < classes_) present[shape.label] = true;
    }
    if (!multilabel_ && background_ < classes_) present[background_] = true;
    return present;
  }

 private:
  static void draw(const LabelShape& shape, const PictureInfo& image, std::uint8_t value,
                   torch::Tensor& plane) {
    const std::int64_t height = plane.size(0), width = plane.size(1);
    const double down = static_cast<double>(height) / static_cast<double>(image.height);
    const double across = static_cast<double>(width) / static_cast<double>(image.width);
    for (std::vector<PolygonPoint> ring : shape.rings) {
      for (PolygonPoint& point : ring) point = {point.x * across, point.y * down};
      fill_polygon(ring, value, plane);
    }
    if (shape.runs.empty()) return;
    const torch::Tensor set =
        resized_mask(shape.runs, {image.height, image.width}, {height, width}, MaskResize::kNearest);
    plane.masked_fill_(set.to(torch::kBool), value);
  }

  std::vector<std::vector<LabelShape>> shapes_;
  std::uint8_t background_;
  bool multilabel_;
  std::size_t classes_;
};

}  // namespace

std::unique_ptr<PictureContent> make_shape_content(std::vector<std::vector<LabelShape>> shapes,
                                                   std::uint8_t background, const LabelSpec& labels) {
  return std::make_unique<ShapeContent>(std::move(shapes), background, labels);
}

std::uint8_t background_label(const std::string& background, const LabelSpec& labels) {
  if (background.empty()) return static_cast<std::uint8_t>(kIgnore);
  for (std::size_t k = 0; k < labels.classes.size(); ++k) {
    if (labels.classes[k].name == background) return static_cast<std::uint8_t>(k);
  }
  throw ConfigError("background: the recipe has no class '" + background + "'; its classes are " +
                    join_words(class_names(labels.classes)));
}

}  // namespace nadir
