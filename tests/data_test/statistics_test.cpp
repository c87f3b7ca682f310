#include <gtest/gtest.h>

#include "data_test/messages.h"
#include "data_test/pattern_source.h"

namespace nadir {
namespace {

// One band image given as a tensor, with a valid mask.
class TensorSource final : public Source {
 public:
  TensorSource(torch::Tensor image, torch::Tensor valid, torch::Tensor target = {})
      : image_(std::move(image)), valid_(std::move(valid)), target_(std::move(target)) {
    scenes_.push_back({.id = "t",
                       .path = "",
                       .height = image_.size(1),
                       .width = image_.size(2),
                       .bands = image_.size(0),
                       .resolution = std::nullopt});
    names_.resize(static_cast<std::size_t>(image_.size(0)));
  }
  const std::vector<Scene>& scenes() const override { return scenes_; }
  const std::vector<std::string>& band_names() const override { return names_; }
  Sample read(std::int64_t, const Window& w) const override {
    const auto cut = [&](const torch::Tensor& t) {
      return t.defined() ? t.narrow(-2, w.row, w.height).narrow(-1, w.column, w.width) : t;
    };
    return {cut(image_), target_.defined() && target_.dim() == 0 ? target_ : cut(target_), cut(valid_), "t"};
  }

 private:
  torch::Tensor image_, valid_, target_;
  std::vector<Scene> scenes_;
  std::vector<std::string> names_;
};

TEST(StatisticsTest, AgreeWithBruteForceOverSeveralWindows) {
  at::manual_seed(1);
  const torch::Tensor image = torch::randn({2, 600, 700}) * 3 + torch::tensor({1e4, -5.0}).view({2, 1, 1});
  const torch::Tensor valid = torch::rand({600, 700}) > 0.3;
  const torch::Tensor target = torch::randint(0, 3, {600, 700}).to(torch::kUInt8);
  const TensorSource source(image.to(torch::kFloat32), valid,
                            target.masked_fill(valid.logical_not(), kIgnore));
  const std::vector<Region> part = {{0, {0, 0, 600, 300}}, {0, {100, 400, 37, 11}}};
  const BandStats stats = band_statistics(source, part, 3);

  std::vector<torch::Tensor> pieces;
  std::vector<torch::Tensor> labels;
  for (const auto& [scene, w] : part) {
    const Sample sample = source.read(scene, w);
    pieces.push_back(sample.image.masked_select(sample.valid).view({2, -1}).to(torch::kFloat64));
    labels.push_back(sample.target.masked_select(sample.valid));
  }
  const torch::Tensor all = torch::cat(pieces, 1);
  EXPECT_EQ(stats.count, all.size(1));
  for (std::int64_t band = 0; band < 2; ++band) {
    const auto i = static_cast<std::size_t>(band);
    EXPECT_NEAR(stats.mean[i], all[band].mean().item<double>(), 1e-9);
    EXPECT_NEAR(stats.std[i], all[band].std(false).item<double>(), 1e-9);
    EXPECT_EQ(stats.min[i], all[band].min().item<double>());
    EXPECT_EQ(stats.max[i], all[band].max().item<double>());
  }
  const torch::Tensor counts = torch::cat(labels).to(torch::kInt64).bincount();
  for (std::int64_t k = 0; k < 3; ++k) {
    EXPECT_EQ(stats.class_pixels[static_cast<std::size_t>(k)], counts[k].item<std::int64_t>());
  }
}

TEST(StatisticsTest, ValuesThatAreNotFiniteDoNotCount) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  const TensorSource source(torch::tensor({1.F, nan, 3.F, 5.F, 10.F, 20.F, 30.F, inf}).view({2, 1, 4}), {});
  const BandStats stats = band_statistics(source, {{0, {0, 0, 1, 4}}}, 2);
  EXPECT_EQ(stats.count, 2);
  EXPECT_EQ(stats.mean, (std::vector<double>{2, 20}));
  EXPECT_EQ(stats.std, (std::vector<double>{1, 10}));
  EXPECT_TRUE(stats.class_pixels.empty());
}

TEST(StatisticsTest, ALargeOffsetDoesNotCancel) {
  torch::Tensor image = torch::full({1, 1000, 1000}, 60000.0).to(torch::kUInt16);
  image.view(torch::kInt16)[0].narrow(0, 0, 500) += 2;  // 60002 in the upper half
  const BandStats stats = band_statistics(TensorSource(image, {}), {{0, {0, 0, 1000, 1000}}}, 0);
  EXPECT_NEAR(stats.mean[0], 60001, 1e-9);
  EXPECT_NEAR(stats.std[0], 1, 1e-12);
}

TEST(StatisticsTest, MultilabelTargetsCountTheirLabels) {
  const torch::Tensor target = torch::tensor({1, 0, 1, 255, 0, 0, 1, 255}).to(torch::kUInt8).view({2, 1, 4});
  const TensorSource source(torch::zeros({1, 1, 4}), {}, target);
  EXPECT_EQ(band_statistics(source, {{0, {0, 0, 1, 4}}}, 2).class_pixels, (std::vector<std::int64_t>{2, 1}));
}

TEST(StatisticsTest, LargeScenesAreReadInWindowsAndThreadsChangeNothing) {
  at::manual_seed(3);
  const torch::Tensor image = torch::randn({9, 1400, 1400}) * 1000 + 5e4;
  const torch::Tensor target = torch::randint(0, 3, {1400, 1400}).to(torch::kUInt8);
  const TensorSource source(image, torch::rand({1400, 1400}) > 0.2, target);
  const std::vector<Region> part = {{0, {0, 0, 1400, 1400}}};
  const BandStats one = band_statistics(source, part, 3);
  const BandStats four = band_statistics(source, part, 3, silent_observer(), 4);
  EXPECT_EQ(one.count, four.count);
  EXPECT_EQ(one.mean, four.mean);
  EXPECT_EQ(one.std, four.std);
  EXPECT_EQ(one.quantiles, four.quantiles);
  EXPECT_EQ(one.class_pixels, four.class_pixels);
}

TEST(StatisticsTest, PercentilesOfWholeNumbersAreExact) {
  at::manual_seed(4);
  for (const auto type : {torch::kUInt8, torch::kInt16, torch::kUInt16}) {
    const torch::Tensor values =
        (type == torch::kUInt8 ? torch::randint(0, 256, {1, 50, 61})
                               : torch::randint(type == torch::kInt16 ? -30000 : 0, 32000, {1, 50, 61}));
    const BandStats stats = band_statistics(TensorSource(values.to(type), {}), {{0, {0, 0, 50, 61}}}, 0);
    for (const double percent : {0.0, 0.1, 2.0, 37.5, 50.0, 98.0, 100.0}) {
      const double expected =
          torch::quantile(values.flatten().to(torch::kFloat64), percent / 100).item<double>();
      EXPECT_NEAR(stats.percentile(0, percent), expected, 1e-9) << percent;
    }
  }
}

TEST(StatisticsTest, PercentilesOfFloatsAreWithinATenthOfAPercent) {
  at::manual_seed(5);
  const torch::Tensor normal = torch::randn({40000}, torch::kFloat64);
  // Around zero, far from it, over many magnitudes, and the same everywhere.
  for (const torch::Tensor& each : {normal, 1e6 + 1e3 * normal, (10 * normal).exp(), 0 * normal - 0.25}) {
    const torch::Tensor values = each.to(torch::kFloat32).view({1, 200, 200});
    const BandStats stats = band_statistics(TensorSource(values, {}), {{0, {0, 0, 200, 200}}}, 0);
    const torch::Tensor sorted = std::get<0>(values.flatten().to(torch::kFloat64).sort());
    for (const std::int64_t rank : {0, 800, 20000, 39000, 39999}) {
      const double percent = 100.0 * static_cast<double>(rank) / 39999;
      const double expected = sorted[rank].item<double>();
      // Quantiles between the thousandths are straight lines: their neighbours bound them.
      const double low = sorted[std::max<std::int64_t>(0, rank - 41)].item<double>();
      const double high = sorted[std::min<std::int64_t>(39999, rank + 41)].item<double>();
      EXPECT_GE(stats.percentile(0, percent), low - 0.001 * std::abs(low)) << expected;
      EXPECT_LE(stats.percentile(0, percent), high + 0.001 * std::abs(high)) << expected;
    }
    for (std::size_t step = 1; step < 1000; ++step) {
      const double expected = torch::quantile(sorted, static_cast<double>(step) / 1000).item<double>();
      ASSERT_NEAR(stats.quantiles[0][step], expected, 0.001 * std::abs(expected) + 1e-9) << step;
    }
    EXPECT_EQ(stats.quantiles[0].front(), stats.min[0]);
    EXPECT_EQ(stats.quantiles[0].back(), stats.max[0]);
  }
}

TEST(StatisticsTest, ClassesAreCountedInTheScenesThatHaveThem) {
  const PatternSource source({{10, 10}, {10, 20}}, 1, torch::kUInt8,
                             [](std::int64_t scene, std::int64_t row, std::int64_t) {
                               return row == 0 ? kIgnore : scene == 1 && row < 5 ? 1 : 0;
                             });
  const BandStats stats =
      band_statistics(source, {{0, {0, 0, 10, 10}}, {1, {0, 0, 10, 10}}, {1, {0, 10, 10, 10}}}, 3);
  EXPECT_EQ(stats.class_pixels, (std::vector<std::int64_t>{90 + 100, 80, 0}));
  EXPECT_EQ(stats.class_scene_pixels, (std::vector<std::int64_t>{90 + 180, 180, 0}));
}

TEST(StatisticsTest, WholeImagesCountOnceWhateverTheirSize) {
  const TensorSource source(torch::zeros({9, 1400, 1400}), {}, torch::tensor(2, torch::kInt64));
  const BandStats stats = band_statistics(source, {{0, {0, 0, 1400, 1400}}}, 4);
  EXPECT_EQ(stats.class_pixels, (std::vector<std::int64_t>{0, 0, 1, 0}));
  EXPECT_EQ(stats.class_scene_pixels, (std::vector<std::int64_t>{1, 1, 1, 1}));
}

TEST(StatisticsTest, TheFirstErrorIsTheOneThatIsTold) {
  class Broken final : public Source {
   public:
    Broken() : pattern_(std::vector<std::pair<std::int64_t, std::int64_t>>(9, {4, 4}), 1) {}
    const std::vector<Scene>& scenes() const override { return pattern_.scenes(); }
    const std::vector<std::string>& band_names() const override { return pattern_.band_names(); }
    Sample read(std::int64_t scene, const Window& window) const override {
      if (scene >= 3) throw DataError("scene" + std::to_string(scene) + ".tif: truncated");
      return pattern_.read(scene, window);
    }

   private:
    PatternSource pattern_;
  };
  std::vector<Region> part;
  for (std::int64_t scene = 0; scene < 9; ++scene) part.push_back({scene, {0, 0, 4, 4}});
  for (const std::int64_t threads : {1, 4}) {
    EXPECT_TRUE(
        has(message_of<DataError>([&] { band_statistics(Broken(), part, 0, silent_observer(), threads); }),
            {"scene3.tif"}));
  }
}

TEST(StatisticsTest, TellsProgressAndRefusesAPartWithoutPixels) {
  struct Observer : ProgressObserver {
    void progress(const Progress& p) override { last = p; }
    Progress last;
  } observer;
  band_statistics(TensorSource(torch::zeros({1, 9, 9}), {}), {{0, {0, 0, 9, 5}}}, 0, observer);
  EXPECT_EQ(observer.last.done, 45);
  EXPECT_EQ(observer.last.total, 45);
  const TensorSource nothing(torch::zeros({1, 2, 2}), torch::zeros({2, 2}, torch::kBool));
  EXPECT_TRUE(has(message_of<DataError>([&] {
                    band_statistics(nothing, {{0, {0, 0, 2, 2}}}, 0);
                  }),
                  {"no pixel of the part is valid"}));
}

TEST(StatisticsTest, StopsWhenAskedTo) {
  request_stop();
  EXPECT_THROW(band_statistics(TensorSource(torch::zeros({1, 2, 2}), {}), {{0, {0, 0, 2, 2}}}, 0),
               Interrupted);
  clear_stop();
}

BandStats stats_of(std::vector<double> mean, std::vector<double> std, std::vector<double> min,
                   std::vector<double> max) {
  return {.count = 4,
          .mean = std::move(mean),
          .std = std::move(std),
          .min = std::move(min),
          .max = std::move(max),
          .class_pixels = {}};
}

// What a raw value becomes.
double apply(const Normalization& n, double raw) {
  return ((raw - n.offset[0]) / n.range[0] - n.mean[0]) / n.std[0];
}

TEST(NormalizationTest, MeansAndDeviationsAreThoseOfScaledValues) {
  const BandStats stats = stats_of({100}, {20}, {40}, {240});
  for (const char* scale : {"none", "type_range", "min_max"}) {
    const Normalization n = make_normalization({.scale = scale}, stats, torch::kUInt8);
    EXPECT_NEAR(apply(n, 100), 0, 1e-12) << scale;
    EXPECT_NEAR(apply(n, 120), 1, 1e-12) << scale;
  }
  const Normalization plain =
      make_normalization({.scale = "min_max", .mean = "zero", .std = "one"}, stats, torch::kUInt8);
  EXPECT_EQ(apply(plain, 40), 0);
  EXPECT_EQ(apply(plain, 240), 1);
  EXPECT_EQ(make_normalization({.scale = "type_range"}, stats, torch::kUInt16).range[0], 65535);
  EXPECT_EQ(make_normalization({.scale = "type_range"}, stats, torch::kInt16).range[0], 32767);
}

// torchvision's Normalize after / 255: bytes 0, 128 and 255 of the red band (image-norm.json).
TEST(NormalizationTest, ImagenetAgreesWithTorchvision) {
  const BandStats stats = stats_of({1, 2, 3}, {1, 1, 1}, {0, 0, 0}, {9, 9, 9});
  const Normalization n = make_normalization({.scale = "type_range", .mean = "imagenet", .std = "imagenet"},
                                             stats, torch::kUInt8);
  EXPECT_NEAR(apply(n, 0), -2.117904, 1e-6);
  EXPECT_NEAR(apply(n, 128), 0.07406463, 1e-6);
  EXPECT_NEAR(apply(n, 255), 2.248908, 1e-6);
}

TEST(NormalizationTest, ABandThatIsTheSameEverywhereBecomesZero) {
  for (const char* scale : {"none", "min_max"}) {
    EXPECT_EQ(apply(make_normalization({.scale = scale}, stats_of({7}, {0}, {7}, {7}), torch::kInt16), 7), 0)
        << scale;
  }
}

TEST(NormalizationTest, PercentilesBecomeZeroAndOne) {
  const torch::Tensor values = torch::arange(1001).to(torch::kInt16).view({1, 1, 1001});
  const BandStats stats = band_statistics(TensorSource(values, {}), {{0, {0, 0, 1, 1001}}}, 0);
  const NormalizeConfig config{.scale = "percentile", .percentiles = {5, 90}, .mean = "zero", .std = "one"};
  const Normalization n = make_normalization(config, stats, torch::kInt16);
  EXPECT_NEAR(apply(n, 50), 0, 1e-12);
  EXPECT_NEAR(apply(n, 900), 1, 1e-12);
  EXPECT_TRUE(has(message_of<ConfigError>([&] {
                    make_normalization({.percentiles = {98, 2}}, stats, torch::kInt16);
                  }),
                  {"data.normalize.percentiles", "[2, 98]"}));
}

TEST(NormalizationTest, WhatDoesNotFitTheImagesIsRefused) {
  const BandStats two = stats_of({1, 2}, {1, 1}, {0, 0}, {9, 9});
  const BandStats three = stats_of({1, 2, 3}, {1, 1, 1}, {0, 0, 0}, {9, 9, 9});
  EXPECT_TRUE(
      has(message_of<ConfigError>([&] { make_normalization({.mean = "imagenet"}, two, torch::kUInt8); }),
          {"the images have 2 bands"}));
  EXPECT_TRUE(
      has(message_of<ConfigError>([&] { make_normalization({.std = "imagenet"}, three, torch::kUInt8); }),
          {"set data.normalize.scale"}));
  EXPECT_TRUE(
      has(message_of<ConfigError>([&] { make_normalization({.scale = "type_range"}, two, torch::kFloat32); }),
          {"the images are float32; use min_max or none"}));
}

}  // namespace
}  // namespace nadir
