// A source without files: every pixel's value says where it lies.
#pragma once

#include <functional>

#include "nadir/data.h"

namespace nadir {

class PatternSource final : public Source {
 public:
  using Label = std::function<std::int64_t(std::int64_t scene, std::int64_t row, std::int64_t column)>;

  // Scenes of height x width; band b of (row, column) is 1000 b + 100 scene + 10 row + column, modulo the
  // type's range.
  PatternSource(std::vector<std::pair<std::int64_t, std::int64_t>> sizes, std::int64_t bands,
                torch::ScalarType type = torch::kInt16, Label label = nullptr)
      : type_(type), label_(std::move(label)) {
    for (const auto& [height, width] : sizes) {
      scenes_.push_back({.id = "scene" + std::to_string(scenes_.size()) + ".tif",
                         .path = "",
                         .height = height,
                         .width = width,
                         .bands = bands,
                         .resolution = std::nullopt});
    }
    for (std::int64_t b = 1; b <= bands; ++b) names_.push_back("band " + std::to_string(b));
  }

  const std::vector<Scene>& scenes() const override { return scenes_; }
  const std::vector<std::string>& band_names() const override { return names_; }

  Sample read(std::int64_t scene, const Window& window) const override {
    const Scene& whole = scenes_.at(static_cast<std::size_t>(scene));
    if (!Window{0, 0, whole.height, whole.width}.contains(window))
      throw DataError("outside: " + to_string(window));
    const torch::Tensor rows = torch::arange(window.row, window.bottom()).view({1, -1, 1});
    const torch::Tensor columns = torch::arange(window.column, window.right()).view({1, 1, -1});
    const torch::Tensor bands = torch::arange(whole.bands).view({-1, 1, 1});
    Sample sample;
    sample.image = (1000 * bands + 100 * scene + 10 * rows + columns).to(type_);
    sample.id = whole.id + "[" + to_string(window) + "]";
    if (label_) sample.target = labels(scene, window);
    return sample;
  }

 private:
  torch::Tensor labels(std::int64_t scene, const Window& window) const {
    torch::Tensor target = torch::empty({window.height, window.width}, torch::kUInt8);
    auto pixels = target.accessor<std::uint8_t, 2>();
    for (std::int64_t i = 0; i < window.height; ++i) {
      for (std::int64_t j = 0; j < window.width; ++j) {
        pixels[i][j] = static_cast<std::uint8_t>(label_(scene, window.row + i, window.column + j));
      }
    }
    return target;
  }

  std::vector<Scene> scenes_;
  std::vector<std::string> names_;
  torch::ScalarType type_;
  Label label_;
};

}  // namespace nadir
