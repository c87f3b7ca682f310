#include "commands/score.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "console.h"
#include "core/text.h"

namespace nadir {

ScoreCommand::ScoreCommand(CLI::App& app) {
  app.add_option("first", first_, "A folder of images (.png, .jpg, 8-bit .tif)")->required();
  app.add_option("second", second_, "Another")->required();
  app.add_option("--encoder", features_.encoder, "Whose features; `nadir models` lists them")
      ->capture_default_str();
  app.add_option("--weights", features_.weights, "imagenet, or a file: published weights, a nadir model")
      ->capture_default_str();
  app.add_option("--size", features_.size, "Side that images are resized to; a multiple of 32")
      ->capture_default_str();
  app.add_option("--subsets", kernel_.subsets, "Of the kernel distance")->capture_default_str();
  app.add_option("--subset-size", kernel_.subset_size, "Images in each, at most")->capture_default_str();
  app.add_option("--seed", kernel_.seed, "Of the subsets")->capture_default_str();
  app.add_option("--batch", features_.batch, "Images at a time")->capture_default_str();
  app.add_option("--device", features_.device, "auto, cpu, cuda, cuda:1")->capture_default_str();
  app.add_flag("--json", json_, "One JSON object on stdout");
}

int ScoreCommand::run() {
  Console observer;
  const at::Tensor a = image_features(first_, features_, observer);
  const at::Tensor b = image_features(second_, features_, observer);
  const double frechet = frechet_distance(a, b);
  const KernelDistance kernel = kernel_distance(a, b, kernel_);
  const std::int64_t fewest = std::min(a.size(0), b.size(0));
  if (fewest <= a.size(1)) {
    observer.warning("no more images (" + std::to_string(fewest) + ") than features (" +
                     std::to_string(a.size(1)) +
                     "): the Frechet distance is far too large; the kernel distance "
                     "is not");
  }
  if (json_) {
    const nlohmann::ordered_json json = {{"frechet_distance", frechet},
                                         {"kernel_distance", kernel.mean},
                                         {"kernel_distance_deviation", kernel.deviation},
                                         {"images", {a.size(0), b.size(0)}},
                                         {"features", a.size(1)},
                                         {"encoder", features_.encoder}};
    std::cout << json.dump() << "\n";
    return 0;
  }
  std::cout << "Frechet distance  " << fixed(frechet, 4) << "\nkernel distance   " << fixed(kernel.mean, 6)
            << " (deviation " << fixed(kernel.deviation, 6) << " over subsets)\n"
            << counted(a.size(0), "image") << " and " << std::to_string(b.size(0)) << ", "
            << std::to_string(a.size(1)) << " features of " << features_.encoder << "\n";
  return 0;
}

}  // namespace nadir
