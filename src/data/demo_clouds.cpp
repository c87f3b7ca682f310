#include "data/demo_clouds.h"

#include <cmath>
#include <numbers>

#include "data/csv.h"
#include "data/run_lengths.h"
#include "pictures/picture.h"

namespace nadir {
namespace {

constexpr std::array<const char*, 4> kClouds = {"Fish", "Flower", "Gravel", "Sugar"};
constexpr std::int64_t kNoCloudEvery = 10;
constexpr double kFullWidth = 2100;  // of the pictures for which periods are given

struct Ellipse {
  std::size_t kind = 0;
  double x = 0, y = 0, across = 1, down = 1;  // centre and half axes, pixels
  bool holds(double px, double py) const {
    const double dx = (px - x) / across, dy = (py - y) / down;
    return dx * dx + dy * dy <= 1;
  }
};

// Brightness of a texture, 0 to 1.
double texture(std::size_t kind, double x, double y, double phase) {
  const auto wave = [](double at, double period) {
    return 0.5 + 0.5 * std::sin(2 * std::numbers::pi * at / period);
  };
  switch (kind) {
    case 0:
      return wave(x + 2 * y + 40 * std::sin(x / 90) + phase, 160);
    case 1:
      return wave(x + phase, 420) * wave(y + phase, 380);
    case 2:
      return wave(x + phase, 90) * wave(y - phase, 80);
    default:
      return wave(x + phase, 26) * wave(y + x / 3, 24);
  }
}

std::vector<Ellipse> draw_ellipses(std::int64_t index, const DemoCloudsConfig& config, RandomStream& random) {
  std::vector<Ellipse> ellipses;
  if (index % kNoCloudEvery == kNoCloudEvery - 1) return ellipses;
  const auto width = static_cast<double>(config.width), height = static_cast<double>(config.height);
  for (std::size_t kind = 0; kind < kClouds.size(); ++kind) {
    // One class is there for certain, so that every class comes often enough.
    const bool sure = static_cast<std::int64_t>(kind) == index % 4;
    for (int i = 0; i < (sure ? 1 : 0) + (random.chance(0.25) ? 1 : 0); ++i) {
      ellipses.push_back({kind, random.uniform(0, width), random.uniform(0, height),
                          random.uniform(0.15, 0.35) * width, random.uniform(0.15, 0.35) * height});
    }
  }
  return ellipses;
}

struct DemoImage {
  torch::Tensor pixels;              // [H, W, 3] uint8
  std::vector<torch::Tensor> masks;  // of each class, [H, W] uint8
};

DemoImage draw(std::int64_t index, const DemoCloudsConfig& config, RandomStream random) {
  const std::vector<Ellipse> ellipses = draw_ellipses(index, config, random);
  const double scale = kFullWidth / static_cast<double>(config.width), phase = random.uniform(0, 500);
  DemoImage image{torch::empty({config.height, config.width, 3}, torch::kUInt8), {}};
  std::vector<std::uint8_t*> masks;
  for (std::size_t k = 0; k < kClouds.size(); ++k) {
    image.masks.push_back(torch::zeros({config.height, config.width}, torch::kUInt8));
    masks.push_back(image.masks.back().mutable_data_ptr<std::uint8_t>());
  }
  auto* pixel = image.pixels.mutable_data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < config.height * config.width; ++i, pixel += 3) {
    const auto x = static_cast<double>(i % config.width), y = static_cast<double>(i / config.width);
    double light = 0.08;
    for (const Ellipse& ellipse : ellipses) {
      if (!ellipse.holds(x, y)) continue;
      masks[ellipse.kind][i] = 1;
      light = std::max(light, 0.2 + 0.75 * texture(ellipse.kind, x * scale, y * scale, phase));
    }
    light += 0.04 * random.uniform();
    pixel[0] = static_cast<std::uint8_t>(230 * light);
    pixel[1] = static_cast<std::uint8_t>(235 * light);
    pixel[2] = static_cast<std::uint8_t>(std::min(255.0, 30 + 235 * light));
  }
  return image;
}

std::string file_name(std::int64_t index) {
  const std::string digits = std::to_string(index);
  return std::string(7 - digits.size(), '0') + digits + ".jpg";
}

}  // namespace

void write_demo_clouds(const std::filesystem::path& folder, const DemoCloudsConfig& config,
                       ProgressObserver& observer) {
  std::string table = csv_line({"Image_Label", "EncodedPixels"}), sample = table;
  const std::int64_t total = config.images + config.test_images;
  for (std::int64_t index = 0; index < total; ++index) {
    if (stop_requested()) throw Interrupted("the demo set was interrupted");
    const bool test = index >= config.images;
    const DemoImage image = draw(
        index, config, RandomStream(config.seed).child("clouds").child(static_cast<std::uint64_t>(index)));
    const std::string name = file_name(index);
    write_file_atomically(folder / (test ? "test_images" : "train_images") / name,
                          encode_jpeg_file(image.pixels, 85));
    for (std::size_t k = 0; k < kClouds.size(); ++k) {
      const std::string label = name + "_" + kClouds[k];
      if (test) {
        sample += csv_line({label, "1 1"});
      } else {
        table += csv_line({label, encode_runs(runs_of_mask(image.masks[k]))});
      }
    }
    observer.progress({"demo clouds", index + 1, total, name});
  }
  write_file_atomically(folder / "train.csv", table);
  write_file_atomically(folder / "sample_submission.csv", sample);
}

}  // namespace nadir
