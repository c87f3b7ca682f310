// Networks that label whole images, on rasters and pictures.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "nadir/predict.h"
#include "nadir/raster.h"
#include "predict/small_models.h"
#include "raster/small_rasters.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

// Logits are the mean of each band.
class MeansAsLogits final : public Model {
 public:
  ModelOutput forward(const torch::Tensor& image) override {
    last_size = image.sizes().vec();
    return {.logits = image.mean({2, 3}), .auxiliary = {}};
  }
  std::vector<std::int64_t> last_size;
};

class ClassifyTest : public ::testing::Test {
 protected:
  ClassifyTest() {
    model_.model = means_;
    model_.card = card_of({"dry", "wet"}, 2);
    model_.card.task = Task::kClassification;
    // 40 x 56 pixels of 10 m: three rows and four columns of tiles of 16, the last ones narrower.
    torch::Tensor image = torch::zeros({2, 40, 56});
    image[0].fill_(1);
    image[1].narrow(0, 16, 16).narrow(1, 32, 16).fill_(3);  // one tile is wet
    RasterLayout layout{.height = 40, .width = 56, .bands = 2, .type = torch::kFloat32};
    layout.geo.crs = testing::utm().crs;
    layout.geo.transform = {500000, 10, 0, 4600000, 0, -10};
    RasterWriter writer(file(), layout);
    writer.write({0, 0, 40, 56}, image);
    writer.finish();
  }
  std::string file() const { return (folder_ / "scene.tif").string(); }
  TemporaryFolder folder_;
  std::shared_ptr<MeansAsLogits> means_ = std::make_shared<MeansAsLogits>();
  LoadedModel model_;
};

TEST_F(ClassifyTest, ARasterBecomesAMapOfOnePixelATile) {
  PredictOutputs outputs;
  outputs.classes = folder_ / "map.tif";
  outputs.probability = folder_ / "p.tif";
  outputs.probability_type = "float32";
  const PredictSummary summary = predict_raster(model_, file(), outputs, {});
  RasterReader map((folder_ / "map.tif").string());
  EXPECT_EQ(map.info().height, 3);
  EXPECT_EQ(map.info().width, 4);
  EXPECT_EQ(*map.info().geo.transform, (std::array<double, 6>{500000, 160, 0, 4600000, 0, -160}));
  torch::Tensor truth = torch::zeros({1, 3, 4}, torch::kUInt8);
  truth[0][1][2] = 1;
  EXPECT_TRUE(map.read({0, 0, 3, 4}).equal(truth));
  EXPECT_EQ(summary.class_pixels, (std::vector<std::int64_t>{11, 1}));
  EXPECT_EQ(summary.tiles.run, 12);
  EXPECT_NEAR(summary.class_areas.at(1), 160.0 * 160.0, 200) << "as the ellipsoid has it";
  RasterReader p((folder_ / "p.tif").string());
  const float wet = p.read({1, 2, 1, 1})[1].item<float>();
  EXPECT_NEAR(wet, 1 / (1 + std::exp(-2.0)), 1e-6);
}

TEST_F(ClassifyTest, TheTemperatureIsUsed) {
  model_.card.temperature = 4;
  PredictOutputs outputs;
  outputs.probability = folder_ / "p.tif";
  outputs.probability_type = "float32";
  predict_raster(model_, file(), outputs, {});
  RasterReader p((folder_ / "p.tif").string());
  EXPECT_NEAR(p.read({1, 2, 1, 1})[1].item<float>(), 1 / (1 + std::exp(-0.5)), 1e-6);
}

TEST_F(ClassifyTest, AnAreaBeginsItsOwnTiles) {
  PredictInput input(file());
  input.bounds = {500320, 4599600, 500480, 4599840};  // columns 32 to 47, rows 16 to 39
  PredictOutputs outputs;
  outputs.classes = folder_ / "map.tif";
  predict_raster(model_, input, outputs, {});
  RasterReader map((folder_ / "map.tif").string());
  EXPECT_EQ(*map.info().geo.transform, (std::array<double, 6>{500320, 160, 0, 4599840, 0, -160}));
  EXPECT_TRUE(map.read({0, 0, 2, 1}).flatten().equal(torch::tensor({1, 0}).to(torch::kUInt8)));
}

TEST_F(ClassifyTest, PatchesOfAnImageAreAveraged) {
  const TileFunction network = make_tile_function(model_, {});
  const ImageClasses found = classify_image(model_, network, file(), {});
  EXPECT_EQ(found.patches, 12);
  // What is mirrored does not count, as in training: tiles at the border have half of their mean or a
  // quarter.
  const auto wet = [](double difference) { return 1 / (1 + std::exp(-difference)); };
  const double sum = wet(2) + 5 * wet(-1) + 5 * wet(-0.5) + wet(-0.25);
  EXPECT_NEAR(found.probabilities[1].item<float>(), sum / 12, 1e-6);
}

TEST_F(ClassifyTest, WholePicturesAreBroughtToTheSizeOfTheTraining) {
  model_.card.image_size = {20, 28};
  model_.card.resize = "nearest";
  const TileFunction network = make_tile_function(model_, {});
  const ImageClasses found = classify_image(model_, network, file(), {});
  EXPECT_EQ(found.patches, 1);
  EXPECT_EQ(means_->last_size, (std::vector<std::int64_t>{1, 2, 20, 28}));
  model_.card.resize = "bilinear";
  EXPECT_THROW(classify_image(model_, network, file(), {}), DataError) << "float pixels";
}

TEST_F(ClassifyTest, SymmetriesAreAveraged) {
  PredictConfig config;
  config.symmetries = "all";
  const TileFunction network = make_tile_function(model_, config);
  const torch::Tensor p = network(torch::ones({3, 2, 16, 16}), {});
  EXPECT_EQ(p.sizes(), (std::vector<std::int64_t>{3, 2, 1, 1}));
  EXPECT_EQ(p[0][0][0][0].item<float>(), 0.5F);
}

TEST_F(ClassifyTest, WhatCannotBeIsSaid) {
  PredictOutputs outputs;
  outputs.classes = folder_ / "map.tif";
  EXPECT_THROW(predict_raster(model_, file(), outputs, {}, silent_observer(), {.resume = true}), ConfigError);
  outputs.overlay = folder_ / "overlay.jpg";
  EXPECT_THROW(predict_raster(model_, file(), outputs, {}), ConfigError);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "map.tif"));
  model_.card.task = Task::kMulticlass;
  EXPECT_THROW(classify_image(model_, make_tile_function(model_, {.trace = false}), file(), {}), ModelError);
}

}  // namespace
}  // namespace nadir
