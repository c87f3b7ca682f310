// What every registered transform has to keep to; new ones are found without an edit.
#include <gtest/gtest.h>

#include "data_test/messages.h"
#include "nadir/data.h"

namespace nadir {
namespace {

constexpr std::int64_t kSide = 24;

// Settings for transforms whose defaults do nothing here, and the probability that makes all act.
ConfigNode options_of(const std::string& name) {
  if (name == "flip") return parse_yaml("{horizontal: 1, vertical: 1}", "test");
  if (name == "crop_foreground") return parse_yaml("{size: 16}", "test");
  if (name == "one_of") return parse_yaml("{of: [gamma]}", "test");
  return parse_yaml("{probability: 1}", "test");
}

bool wants_three_bands(const std::string& name) { return name == "hue_saturation" || name == "grayscale"; }

Sample make_sample(torch::ScalarType type, std::int64_t bands) {
  at::manual_seed(5);
  Sample sample;
  sample.image = (torch::rand({bands, kSide, kSide}) * 200 + 20).to(type);
  sample.target = torch::randint(0, 3, {kSide, kSide}).to(torch::kUInt8);
  sample.valid = torch::rand({kSide, kSide}) > 0.1;
  sample.target.masked_fill_(sample.valid.logical_not(), kIgnore);
  sample.id = "scene.tif[a window]";
  return sample;
}

torch::Tensor comparable(const torch::Tensor& pixels) { return pixels.to(torch::kFloat64); }

class TransformContract : public testing::TestWithParam<std::string> {};

TEST_P(TransformContract, KeepsTypesShapesAndTheGivenSample) {
  const auto transform = transforms().make(GetParam(), options_of(GetParam()));
  for (const auto type : {torch::kUInt8, torch::kUInt16, torch::kInt16, torch::kFloat32}) {
    for (const std::int64_t bands : {1, 3, 13}) {
      if (wants_three_bands(GetParam()) && bands != 3) continue;
      const Sample given = make_sample(type, bands);
      const torch::Tensor before = comparable(given.image);
      bool changed = false;
      for (std::uint64_t seed = 0; seed < 4; ++seed) {
        RandomStream random(seed), again(seed);
        const Sample result = transform->apply(given, random);
        const Sample same = transform->apply(given, again);
        EXPECT_EQ(result.image.scalar_type(), type);
        EXPECT_EQ(result.image.size(0), bands);
        EXPECT_EQ(result.target.scalar_type(), torch::kUInt8);
        EXPECT_EQ(result.target.sizes(), result.image.sizes().slice(1));
        EXPECT_EQ(result.valid.sizes(), result.target.sizes());
        EXPECT_EQ(result.id, given.id);
        EXPECT_TRUE(comparable(result.image).equal(comparable(same.image)));
        EXPECT_TRUE(result.target.equal(same.target));
        EXPECT_TRUE(result.valid.equal(same.valid));
        changed =
            changed || result.image.sizes() != given.image.sizes() || !comparable(result.image).equal(before);
      }
      EXPECT_TRUE(changed);
      EXPECT_TRUE(comparable(given.image).equal(before)) << "the source's pixels were written to";
    }
  }
}

TEST_P(TransformContract, LabelsAreNeverMixed) {
  const auto transform = transforms().make(GetParam(), options_of(GetParam()));
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    RandomStream random(seed);
    Sample sample = make_sample(torch::kUInt8, 3);
    sample.target = sample.target.eq(0).to(torch::kUInt8) * 2;  // 0 and 2: a mean would be 1
    const Sample result = transform->apply(sample, random);
    const torch::Tensor known =
        result.target.eq(0).logical_or(result.target.eq(2)).logical_or(result.target.eq(kIgnore));
    EXPECT_TRUE(known.all().item<bool>());
  }
}

TEST_P(TransformContract, ValuesThatAreNotValidReachNoOthers) {
  const auto transform = transforms().make(GetParam(), options_of(GetParam()));
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    std::vector<Sample> results;
    for (const double nodata : {-9999.0, std::numeric_limits<double>::quiet_NaN()}) {
      Sample sample = make_sample(torch::kFloat32, 3);
      sample.image.masked_fill_(sample.valid.logical_not(), nodata);
      RandomStream random(seed);
      results.push_back(transform->apply(sample, random));
    }
    EXPECT_TRUE(results[0].valid.equal(results[1].valid));
    EXPECT_TRUE(results[0].target.equal(results[1].target));
    const torch::Tensor valid = results[0].valid;
    const torch::Tensor first = results[0].image.masked_select(valid);
    EXPECT_TRUE(first.equal(results[1].image.masked_select(valid)));
    EXPECT_TRUE(first.ge(-30).all().item<bool>()) << first.min();
  }
}

TEST_P(TransformContract, TakesMultilabelAndClassificationTargets) {
  const auto transform = transforms().make(GetParam(), options_of(GetParam()));
  RandomStream random(1), again(1);
  Sample sample = make_sample(torch::kUInt8, 3);
  const Sample single = transform->apply(sample, again);
  sample.target = torch::stack({sample.target.eq(1), sample.target.eq(2)}).to(torch::kUInt8);
  sample.valid = torch::Tensor();
  const Sample labels = transform->apply(sample, random);
  EXPECT_EQ(labels.target.sizes(),
            (std::vector<std::int64_t>{2, labels.image.size(1), labels.image.size(2)}));
  if (GetParam() != "crop_foreground") {  // which draws from the foreground pixels
    EXPECT_TRUE(labels.target[0].eq(1).logical_and(single.target.ne(kIgnore)).equal(single.target.eq(1)));
  }
  sample.target = torch::tensor(3, torch::kInt64);
  const Sample whole = transform->apply(sample, random);
  EXPECT_EQ(whole.target.item<std::int64_t>(), 3);
  sample.target = torch::Tensor();
  EXPECT_FALSE(transform->apply(sample, random).target.defined());
}

TEST(ColourTransforms, RefuseOtherBandCountsByName) {
  for (const std::string name : {"hue_saturation", "grayscale"}) {
    const auto transform = transforms().make(name, {});
    for (const std::int64_t bands : {1, 2, 4, 13}) {
      RandomStream random(1);
      EXPECT_TRUE(
          has(message_of<ConfigError>([&] { transform->apply(make_sample(torch::kUInt8, bands), random); }),
              {name, "three bands", "scene.tif[a window]", "has " + std::to_string(bands)}));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, TransformContract, testing::ValuesIn(transforms().names()),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace nadir
