// Resizing, gray, rotation, distortions, CLAHE, brightness and contrast against the numbers of OpenCV and
// albumentations in tests/data/goldens/resize.json. Its "tolerance" says: exact for uint8 but cubic (+-1,
// builds with Intel IPP) and warps by interpolation (+-1); float32 within 2e-5.
#include <gtest/gtest.h>

#include "data/resize.h"
#include "data/transforms/brightness_contrast.h"
#include "data/transforms/clahe.h"
#include "data/transforms/grayscale.h"
#include "data/transforms/grid_distortion.h"
#include "data/transforms/optical_distortion.h"
#include "data/transforms/rotate.h"
#include "golden.h"

namespace nadir {
namespace {

using nlohmann::json;

constexpr double kFloatTolerance = 2e-5;

const json& numbers() {
  static const json read = golden::read(golden::folder() / "resize.json");
  return read;
}

torch::Tensor flat(const torch::Tensor& tensor) { return tensor.contiguous().flatten().to(torch::kFloat64); }

torch::Tensor bytes(const std::string& name, at::IntArrayRef shape) {
  return golden::labels(name, shape, 256).to(torch::kUInt8);
}
// Stored interleaved [H, W, C]; given as [C, H, W].
torch::Tensor planes(const torch::Tensor& interleaved) { return interleaved.permute({2, 0, 1}).contiguous(); }

void expect_list(const torch::Tensor& result, const json& expected, double tolerance,
                 const std::string& what) {
  const torch::Tensor values = flat(result);
  ASSERT_EQ(values.numel(), static_cast<std::int64_t>(expected.size())) << what;
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    ASSERT_NEAR(values[i].item<double>(), expected[static_cast<std::size_t>(i)].get<double>(), tolerance)
        << what << " at " << i;
  }
}

void expect_samples(const torch::Tensor& result, const json& samples, double tolerance,
                    const std::string& what) {
  const torch::Tensor values = flat(result);
  for (const json& sample : samples) {
    EXPECT_NEAR(values[sample[0].get<std::int64_t>()].item<double>(), sample[1].get<double>(), tolerance)
        << what << " at " << sample[0];
  }
}

std::string hash(const torch::Tensor& pixels) {
  const torch::Tensor whole = pixels.contiguous();
  std::uint64_t h = 0xcbf29ce484222325U;
  for (std::int64_t i = 0; i < whole.numel(); ++i) {
    h = (h ^ whole.const_data_ptr<std::uint8_t>()[i]) * 0x100000001b3U;
  }
  std::string text(16, '0');
  for (std::size_t i = 16; i-- > 0; h >>= 4) text[i] = "0123456789abcdef"[h & 15];
  return text;
}

// A result given whole, or as sum, hash and samples.
void expect_bytes(const torch::Tensor& result, const json& expected, double tolerance,
                  const std::string& what) {
  if (expected.is_array()) return expect_list(result, expected, tolerance, what);
  expect_samples(result, expected["samples"], tolerance, what);
  if (tolerance > 0) return;
  EXPECT_EQ(flat(result).sum().item<double>(), expected["sum"].get<double>()) << what;
  EXPECT_EQ(hash(result), expected["fnv1a"].get<std::string>()) << what;
}

void expect_mask(const torch::Tensor& result, const std::string& expected, const std::string& what) {
  std::string found;
  const torch::Tensor values = flat(result);
  for (std::int64_t i = 0; i < values.numel(); ++i) found += values[i].item<double>() == 1 ? '1' : '0';
  EXPECT_EQ(found, expected) << what;
}

TEST(ResizeGolden, SixMethodsOnBytesFloatsAndColours) {
  const torch::Tensor gray = bytes("resize.gray", {13, 18});
  const torch::Tensor real = golden::units("resize.float", {13, 18}).to(torch::kFloat32);
  const torch::Tensor rgb = planes(bytes("resize.rgb", {13, 18, 3}));
  for (const json& entry : numbers()["resize"]) {
    const std::string method = entry["method"];
    const std::int64_t height = entry["to"][0], width = entry["to"][1];
    const std::string what = method + " to " + entry["to"].dump();
    const double tolerance = method == "cubic" ? 1 : 0;
    expect_bytes(resize_planes(gray, height, width, method), entry["uint8"], tolerance, what);

    const torch::Tensor resized = resize_planes(real, height, width, method);
    const json& floats = entry["float32"];
    expect_samples(resized, floats["samples"], kFloatTolerance, what);
    EXPECT_NEAR(flat(resized).sum().item<double>(), floats["sum"].get<double>(),
                kFloatTolerance * floats["abs_sum"].get<double>())
        << what;

    const torch::Tensor colours = resize_planes(rgb, height, width, method);
    expect_samples(colours.permute({1, 2, 0}), entry["rgb uint8"]["samples"], tolerance, what);
    for (std::size_t band = 0; band < 3; ++band) {
      const double sum = flat(colours[static_cast<std::int64_t>(band)]).sum().item<double>();
      EXPECT_NEAR(sum, entry["rgb uint8"]["sum per channel"][band].get<double>(),
                  tolerance * static_cast<double>(height * width))
          << what;
    }
  }
}

TEST(ResizeGolden, LabelMaps) {
  const json& entry = numbers()["label_map"];
  const torch::Tensor labels = golden::labels("resize.labels", {13, 18}, 6).to(torch::kUInt8);
  expect_list(resize_planes(labels, 7, 9, "nearest"), entry["nearest"], 0, "nearest");
  // OpenCV 4.6 takes other pixels: it breaks the tie downwards when the factor is an even whole number.
  expect_list(resize_planes(labels, 7, 9, "nearest_exact"), entry["nearest_exact (seed 004)"], 0, "exact");
}

TEST(ResizeGolden, Grayscale) {
  const json& entry = numbers()["gray"];
  RandomStream random(1);
  const auto gray = [&](const torch::Tensor& image) {
    return make_grayscale({.probability = 1})->apply({image, {}, {}, "s"}, random).image[0];
  };
  const torch::Tensor rgb = planes(bytes("resize.rgb", {13, 18, 3}));
  expect_list(gray(rgb), entry["uint8 of rgb"], 0, "bytes");
  const torch::Tensor real = gray(rgb.to(torch::kFloat32) / 255);
  expect_samples(real, entry["float32 of rgb / 255"]["samples"], kFloatTolerance, "floats");
  for (std::size_t i = 0; i < entry["colours"].size(); ++i) {
    const auto colour = entry["colours"][i].get<std::vector<std::int64_t>>();
    EXPECT_EQ(gray(torch::tensor(colour).to(torch::kUInt8).view({3, 1, 1})).item<int>(),
              entry["gray of colours"][i].get<int>());
  }
}

TEST(ResizeGolden, ClaheOfOneBand) {
  for (const json& entry : numbers()["clahe"]) {
    const std::string name = entry["input"]["name"];
    const std::int64_t height = entry["input"]["shape"][0], width = entry["input"]["shape"][1];
    const torch::Tensor rows = torch::arange(height).view({-1, 1});
    const torch::Tensor columns = torch::arange(width).div(2, "floor").view({1, -1});
    const torch::Tensor image =
        (40 + rows + columns + golden::labels(name, {height, width}, 60)).clamp_max(255).to(torch::kUInt8);
    const json& tiles = entry["tiles (columns, rows)"];
    const ClaheConfig config{.tiles = {tiles[1], tiles[0]}};
    const Sample result = equalize({image.unsqueeze(0), {}, {}, "s"}, entry["clip"], config);
    expect_bytes(result.image, entry, 0, name);
  }
}

torch::Tensor clahe_colours() {
  std::vector<torch::Tensor> channels;
  const torch::Tensor y = torch::arange(128).view({-1, 1}), x = torch::arange(128).view({1, -1});
  for (std::int64_t c = 0; c < 3; ++c) {
    const torch::Tensor noise = golden::labels("augment.clahe." + std::to_string(c), {128, 128}, 50);
    channels.push_back((30 * (c + 1) + y.div(c + 1, "floor") + x.div(2, "floor") + noise).clamp_max(255));
  }
  return torch::stack(channels).to(torch::kUInt8);
}

TEST(AugmentGolden, ClaheOfTheLightnessOfColours) {
  const torch::Tensor rgb = clahe_colours();
  for (const json& entry : numbers()["augment"]["clahe_rgb"]) {
    const double clip = entry["clip"];
    const torch::Tensor coloured = equalize({rgb, {}, {}, "s"}, clip, {}).image;
    expect_samples(coloured.permute({1, 2, 0}), entry["rgb uint8"]["samples"], 0, "bytes");
    const torch::Tensor real =
        equalize({rgb.to(torch::kFloat32) / 255, {}, {}, "s"}, clip, {.mode = "lab", .range = {0, 1}}).image;
    expect_samples(real.permute({1, 2, 0}), entry["float"]["samples"], kFloatTolerance, "floats");
    for (std::int64_t band = 0; band < 3; ++band) {
      EXPECT_EQ(flat(coloured[band]).sum().item<double>(),
                entry["rgb uint8"]["sum per channel"][static_cast<std::size_t>(band)].get<double>());
    }
  }
}

TEST(ResizeGolden, Rotation) {
  const torch::Tensor image = bytes("resize.rotate", {12, 15}).unsqueeze(0);
  for (const json& entry : numbers()["rotate"]) {
    const double degrees = entry["degrees (counter-clockwise)"];
    const std::string method = entry["method"], border = entry["border"];
    const bool reflected = border == "reflect_101";
    const Sample turned = rotate_by({image, {}, {}, "s"}, degrees,
                                    {.interpolation = method, .border = reflected ? "reflect" : "ignore"});
    expect_list(turned.image, entry["uint8"], method == "nearest" ? 0 : 1,
                method + " " + border + " " + std::to_string(degrees));
    EXPECT_EQ(turned.valid.defined(), !reflected);
  }
}

// The images and the mask of the entries below "augment".
Sample augment_sample() {
  return {bytes("augment.gray", {16, 20}).unsqueeze(0),
          golden::labels("augment.mask", {16, 20}, 2).to(torch::kUInt8),
          {},
          "s"};
}

TEST(AugmentGolden, RotationOfImageAndMask) {
  const json& entry = numbers()["augment"]["rotate"];
  const Sample nearest = rotate_by(augment_sample(), 30, {.interpolation = "nearest"});
  expect_list(nearest.image, entry["uint8"]["nearest (seed 003)"], 0, "nearest");
  expect_mask(nearest.target, entry["uint8"]["mask (nearest)"], "mask");
  const Sample bilinear = rotate_by(augment_sample(), 30, {});
  expect_list(bilinear.image, entry["uint8"]["bilinear"], 1, "bilinear");
  expect_mask(bilinear.target, entry["uint8"]["mask (nearest)"], "mask beside a bilinear image");
}

TEST(AugmentGolden, GridDistortion) {
  const json& entry = numbers()["augment"]["grid_distortion"];
  const json& expected = entry["normalized"];
  const auto columns = grid_positions(20, entry["steps_x"], "albumentations");
  const auto rows = grid_positions(16, entry["steps_y"], "albumentations");
  expect_list(torch::tensor(columns), expected["map_x of every row"], kFloatTolerance, "map_x");
  expect_list(torch::tensor(rows), expected["map_y of every column"], kFloatTolerance, "map_y");
  const Sample bent = distort_grid(augment_sample(), columns, rows, {});
  expect_list(bent.image, expected["bilinear uint8"], 1, "bilinear");
  expect_mask(bent.target, expected["mask nearest"], "mask");
}

TEST(AugmentGolden, OpticalDistortion) {
  const json& entry = numbers()["augment"]["optical_distortion"];
  OpticalDistortionConfig config{.flavour = "albumentations"};
  expect_list(distort_radially(augment_sample(), entry["k"], config).image, entry["bilinear uint8"], 1,
              "bilinear");
  config.resampling.interpolation = "nearest";
  expect_list(distort_radially(augment_sample(), entry["k"], config).image, entry["nearest uint8 (seed 003)"],
              0, "nearest");
}

TEST(AugmentGolden, BrightnessAndContrast) {
  const torch::Tensor rgb = planes(bytes("augment.rgb", {16, 20, 3}));
  const torch::Tensor real = planes(golden::units("augment.float", {16, 20, 3}).to(torch::kFloat32));
  for (const json& entry : numbers()["augment"]["brightness_contrast"]["cases"]) {
    const bool whole = entry["image"] == "rgb uint8";
    const Sample changed =
        change_light({whole ? rgb : real, {}, {}, "s"}, {entry["brightness"], entry["contrast"]},
                     {.flavour = "range", .range = {0, whole ? 255.0 : 1.0}});
    expect_samples(changed.image.permute({1, 2, 0}), entry["samples"], whole ? 0 : kFloatTolerance,
                   entry.dump());
    EXPECT_NEAR(flat(changed.image).sum().item<double>(), entry["sum"].get<double>(), whole ? 0 : 1e-3);
  }
}

}  // namespace
}  // namespace nadir
