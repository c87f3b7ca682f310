#include <set>

#include "nadir/data.h"

namespace nadir {
namespace {

constexpr std::int64_t kCheckedWindow = 2048;  // side of what is held at once, pixels

std::vector<Window> windows_over(const Scene& scene) {
  std::vector<Window> windows;
  const Window whole{0, 0, scene.height, scene.width};
  for (std::int64_t row = 0; row < scene.height; row += kCheckedWindow) {
    for (std::int64_t column = 0; column < scene.width; column += kCheckedWindow) {
      windows.push_back(intersection(whole, {row, column, kCheckedWindow, kCheckedWindow}));
    }
  }
  return windows;
}

// Of whole images the image is counted, of multiclass masks their pixels, of multilabel ones [K, H, W] the
// pixels of each label.
void count_labels(const torch::Tensor& target, SceneCheck& check) {
  if (!target.defined()) return;
  if (target.dim() < 2) {  // every window of the scene has its label
    const auto label = target.dim() == 0 ? target.item<std::int64_t>() : kIgnore;
    for (std::size_t k = 0; k < check.class_pixels.size(); ++k) {
      const auto index = static_cast<std::int64_t>(k);
      const bool has = target.dim() == 0 ? label == index : target[index].item<std::int64_t>() == 1;
      if (has) check.class_pixels[k] = 1;
    }
    return;
  }
  if (target.dim() == 3) {
    for (std::size_t k = 0; k < check.class_pixels.size(); ++k) {
      check.class_pixels[k] += target[static_cast<std::int64_t>(k)].eq(1).sum().item<std::int64_t>();
    }
    check.ignored += target.eq(kIgnore).all(0).sum().item<std::int64_t>();
    return;
  }
  const torch::Tensor counts = torch::bincount(target.reshape({-1}), {}, 256);
  for (std::size_t k = 0; k < check.class_pixels.size(); ++k) {
    check.class_pixels[k] += counts[static_cast<std::int64_t>(k)].item<std::int64_t>();
  }
  check.ignored += counts[kIgnore].item<std::int64_t>();
}

}  // namespace

SourceCheck check_source(const Source& source, std::int64_t classes, ProgressObserver& observer) {
  SourceCheck check{.scenes = {}, .problems = source.problems()};
  std::set<std::string> seen(check.problems.begin(), check.problems.end());
  const auto total = static_cast<std::int64_t>(source.scenes().size());
  for (std::int64_t i = 0; i < total; ++i) {
    SceneCheck scene;
    scene.class_pixels.assign(static_cast<std::size_t>(classes), 0);
    for (const Window& window : windows_over(source.scenes()[static_cast<std::size_t>(i)])) {
      if (stop_requested()) throw Interrupted("the check of the data was interrupted");
      try {
        count_labels(source.read(i, window).target, scene);
      } catch (const Error& error) {
        if (seen.insert(error.what()).second) check.problems.emplace_back(error.what());
      }
    }
    check.scenes.push_back(std::move(scene));
    observer.progress({"inspect", i + 1, total, ""});
  }
  return check;
}

}  // namespace nadir
