#include <gtest/gtest.h>

#include "data/transforms/brightness_contrast.h"
#include "data/transforms/flip.h"
#include "data/transforms/rotate90.h"
#include "data/transforms/transpose.h"
#include "data_test/pattern_source.h"

namespace nadir {
namespace {

// Image, target and valid mask hold the same pattern, so that they can be compared after a move.
Sample pattern(torch::ScalarType type, std::int64_t height = 6, std::int64_t width = 6) {
  const torch::Tensor numbers = torch::arange(height * width).view({height, width});
  return {numbers.unsqueeze(0).to(type), numbers.to(torch::kUInt8), numbers.remainder(2).eq(0), "s"};
}

std::vector<std::int64_t> as_integers(const torch::Tensor& tensor) {
  const torch::Tensor wide = tensor.to(torch::kInt64).contiguous();
  return {wide.data_ptr<std::int64_t>(), wide.data_ptr<std::int64_t>() + wide.numel()};
}

TEST(TransformTest, EveryMoveTreatsImageTargetAndMaskAlike) {
  for (const char* name : {"flip", "rotate90", "transpose"}) {
    const auto transform = transforms().make(name, {});
    for (const auto type : {torch::kUInt8, torch::kUInt16, torch::kInt16, torch::kFloat32}) {
      bool changed = false;
      for (std::uint64_t i = 0; i < 12; ++i) {
        RandomStream random = RandomStream(3).child(i);
        const Sample moved = transform->apply(pattern(type), random);
        const auto image = as_integers(moved.image[0]);
        EXPECT_EQ(moved.image.scalar_type(), type);
        EXPECT_EQ(image, as_integers(moved.target)) << name;
        EXPECT_TRUE(moved.valid.equal(moved.target.remainder(2).eq(0))) << name;
        changed = changed || image != as_integers(pattern(type).target);
      }
      EXPECT_TRUE(changed) << name;
    }
  }
}

TEST(TransformTest, FlipsGoTheWayTheyAreCalled) {
  RandomStream random(1);
  const Sample mirrored =
      make_flip({.horizontal = 1, .vertical = 0})->apply(pattern(torch::kUInt8, 2, 3), random);
  EXPECT_EQ(as_integers(mirrored.image), (std::vector<std::int64_t>{2, 1, 0, 5, 4, 3}));
  const Sample turned =
      make_flip({.horizontal = 0, .vertical = 1})->apply(pattern(torch::kUInt8, 2, 3), random);
  EXPECT_EQ(as_integers(turned.target), (std::vector<std::int64_t>{3, 4, 5, 0, 1, 2}));
}

TEST(TransformTest, SamplesThatAreNotSquareKeepTheirShape) {
  for (std::uint64_t i = 0; i < 16; ++i) {
    RandomStream random = RandomStream(9).child(i);
    const Sample turned = make_rotate90({})->apply(pattern(torch::kInt16, 3, 5), random);
    EXPECT_EQ(turned.image.sizes(), (std::vector<std::int64_t>{1, 3, 5}));
    const Sample swapped = make_transpose({.probability = 1})->apply(pattern(torch::kInt16, 3, 5), random);
    EXPECT_EQ(swapped.image.sizes(), (std::vector<std::int64_t>{1, 3, 5}));
  }
}

TEST(TransformTest, AllFourTurnsAreDrawn) {
  std::map<std::vector<std::int64_t>, int> turns;
  for (std::uint64_t i = 0; i < 40; ++i) {
    RandomStream random = RandomStream(4).child(i);
    ++turns[as_integers(make_rotate90({})->apply(pattern(torch::kUInt8), random).image)];
  }
  EXPECT_EQ(turns.size(), 4U);
}

TEST(BrightnessContrastTest, FollowsItsFormulaOnValidPixels) {
  const BrightnessContrastConfig config{.limit = 0.3};
  for (std::uint64_t i = 0; i < 10; ++i) {
    Sample sample{torch::tensor({100.F, 200.F, 300.F, -9999.F}).view({1, 2, 2}),
                  {},
                  torch::tensor({true, true, true, false}).view({2, 2}),
                  "s"};
    RandomStream random(i);
    RandomStream same(i);
    const Sample changed = make_brightness_contrast(config)->apply(sample, random);
    same.chance(config.probability);
    const double b = same.uniform(-0.3, 0.3);
    const double c = same.uniform(-0.3, 0.3);
    for (const int at : {0, 1, 2}) {
      const double x = 100 * (at + 1);
      EXPECT_NEAR(changed.image.flatten()[at].item<double>(), (x - 200) * (1 + c) + 200 * (1 + b), 1e-3);
    }
    EXPECT_EQ(sample.image.flatten()[0].item<float>(), 100.F);  // the source's pixels stay
  }
}

TEST(BrightnessContrastTest, StaysInTheRangeOfTheType) {
  const auto transform = make_brightness_contrast({.limit = 1});
  for (std::uint64_t i = 0; i < 30; ++i) {
    RandomStream random(i);
    const Sample changed = transform->apply(
        {torch::tensor({0, 255, 255, 250}).to(torch::kUInt8).view({1, 2, 2}), {}, {}, "s"}, random);
    // Wrapping around would put the darkest pixel above the brightest.
    EXPECT_LE(changed.image.flatten()[0].item<int>(), changed.image.flatten()[1].item<int>());
  }
}

}  // namespace
}  // namespace nadir
