#include <gtest/gtest.h>

#include <set>

#include "data/batch_transforms/cutmix.h"
#include "data/batch_transforms/mixup.h"
#include "data/batch_transforms/partners.h"

namespace nadir {
namespace {

// Sample i: every value 40 i, every label i.
Batch make_batch_of(torch::ScalarType type, std::int64_t count = 4) {
  Batch batch;
  const torch::Tensor numbers = torch::arange(count).view({-1, 1, 1});
  batch.images = (40 * numbers.unsqueeze(1)).expand({count, 3, 8, 8}).contiguous().to(type);
  batch.targets = numbers.expand({count, 8, 8}).contiguous().to(torch::kUInt8);
  for (std::int64_t i = 0; i < count; ++i) batch.ids.push_back("s" + std::to_string(i));
  return batch;
}

torch::Tensor wide(const torch::Tensor& pixels) { return pixels.to(torch::kFloat64); }

TEST(BetaTest, HasItsMeanAndVariance) {
  for (const double alpha : {0.05, 0.2, 1.0, 4.0}) {
    RandomStream random(11);
    double sum = 0, squares = 0;
    constexpr int kDraws = 20000;
    for (int i = 0; i < kDraws; ++i) {
      const double x = draw_beta(alpha, random);
      EXPECT_GE(x, 0);
      EXPECT_LE(x, 1);
      sum += x;
      squares += (x - 0.5) * (x - 0.5);
    }
    const double variance = 1 / (4 * (2 * alpha + 1));
    EXPECT_NEAR(sum / kDraws, 0.5, 4 * std::sqrt(variance / kDraws)) << alpha;
    EXPECT_NEAR(squares / kDraws, variance, 0.03 * variance) << alpha;
  }
}

TEST(MixupTest, BlendsImagesAndKeepsBothTargets) {
  const auto transform = make_mixup({.alpha = 1});
  bool blended = false;
  for (const auto type : {torch::kUInt8, torch::kUInt16, torch::kInt16, torch::kFloat32}) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      RandomStream random(seed);
      const Batch given = make_batch_of(type);
      const Batch mixed = transform->apply(given, random);
      EXPECT_EQ(mixed.images.scalar_type(), type);
      EXPECT_LE(mixed.mix_weight, 0.5);
      EXPECT_TRUE(mixed.targets.equal(given.targets));
      const torch::Tensor expected =
          40 * ((1 - mixed.mix_weight) * wide(mixed.targets) + mixed.mix_weight * wide(mixed.mix_targets));
      EXPECT_LE((wide(mixed.images) - expected.unsqueeze(1)).abs().max().item<double>(),
                type == torch::kFloat32 ? 1e-4 : 0.5 + 1e-9);
      EXPECT_TRUE(wide(given.images).equal(wide(make_batch_of(type).images)));
      blended = blended || !mixed.targets.equal(mixed.mix_targets);
    }
  }
  EXPECT_TRUE(blended);
}

TEST(MixupTest, WhereOneIsNotValidTheOtherStandsAlone) {
  Batch batch = make_batch_of(torch::kUInt8, 2);
  batch.valid = torch::ones({2, 8, 8}, torch::kBool);
  batch.valid[0][0][0] = false;
  batch.valid.select(1, 7).fill_(false);
  for (std::uint64_t seed = 0;; ++seed) {
    RandomStream random(seed);
    const Batch mixed = make_mixup({.alpha = 1})->apply(batch, random);
    if (mixed.mix_targets.equal(mixed.targets)) continue;  // each was its own partner
    EXPECT_EQ(mixed.images[0][0][0][0].item<int>(), 40);
    EXPECT_EQ(mixed.images[1][0][0][0].item<int>(), 40);
    EXPECT_TRUE(mixed.valid[0][0][0].item<bool>());
    EXPECT_FALSE(mixed.valid[0][7][3].item<bool>());
    break;
  }
}

TEST(CutmixTest, PixelsBringTheirLabels) {
  const auto transform = make_cutmix({});
  bool pasted = false;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    RandomStream random(seed);
    const Batch given = make_batch_of(torch::kUInt16);
    const Batch mixed = transform->apply(given, random);
    EXPECT_FALSE(mixed.mix_targets.defined());
    EXPECT_TRUE(wide(mixed.images).equal(40 * wide(mixed.targets).unsqueeze(1).expand({4, 3, 8, 8})));
    pasted = pasted || !mixed.targets.equal(given.targets);
    EXPECT_TRUE(given.targets.equal(make_batch_of(torch::kUInt8).targets));
  }
  EXPECT_TRUE(pasted);
}

TEST(CutmixTest, MultilabelPlanesAndValidMasksMoveToo) {
  Batch batch = make_batch_of(torch::kFloat32);
  batch.valid = batch.targets.ne(2);
  batch.targets = torch::stack({batch.targets.eq(1), batch.targets.eq(2)}, 1).to(torch::kUInt8);
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    RandomStream random(seed);
    const Batch mixed = make_cutmix({})->apply(batch, random);
    EXPECT_TRUE(mixed.targets.select(1, 0).equal(mixed.images.select(1, 0).eq(40).to(torch::kUInt8)));
    EXPECT_TRUE(mixed.valid.equal(mixed.images.select(1, 0).ne(80)));
  }
}

TEST(CutmixTest, WholeImagesAreWeightedByTheArea) {
  Batch batch = make_batch_of(torch::kUInt8);
  batch.targets = torch::arange(4);
  std::set<double> weights;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    RandomStream random(seed);
    const Batch mixed = make_cutmix({})->apply(batch, random);
    if (!mixed.mix_targets.defined()) continue;  // the rectangle was empty
    for (std::int64_t i = 0; i < 4; ++i) {
      const auto own = static_cast<int>(40 * i), partner = 40 * mixed.mix_targets[i].item<int>();
      const double share = mixed.images[i][0].eq(partner).to(torch::kFloat64).mean().item<double>();
      EXPECT_NEAR(share, own == partner ? 1 : mixed.mix_weight, 1e-12);
    }
    weights.insert(mixed.mix_weight);
  }
  EXPECT_GT(weights.size(), 5U);
}

TEST(BatchTransformTest, OnlyOneMixesABatchAndASingleSampleStays) {
  for (const std::string& name : batch_transforms().names()) {
    const auto transform = batch_transforms().make(name, {});
    RandomStream random(1);
    const Batch single = make_batch_of(torch::kUInt8, 1);
    const Batch left = transform->apply(single, random);
    EXPECT_TRUE(left.images.equal(single.images));
    Batch mixed = make_batch_of(torch::kUInt8);
    mixed.mix_targets = mixed.targets.flip(0);
    mixed.mix_weight = 0.25;
    const Batch again = transform->apply(mixed, random);
    EXPECT_TRUE(again.images.equal(mixed.images)) << name;
    EXPECT_EQ(again.mix_weight, 0.25);
  }
}

}  // namespace
}  // namespace nadir
