#include <gtest/gtest.h>
#include <torch/torch.h>

#include <set>

#include "golden.h"
#include "nadir/predict.h"
#include "predict/memory_raster.h"

namespace nadir {
namespace {

struct Shape {
  std::int64_t height, width;
};
// Primes, one pixel, one row, one column, smaller than a tile, exact multiples, one beyond them.
constexpr Shape kShapes[] = {{1, 1},   {1, 37},  {41, 1},  {2, 3},   {7, 5},
                             {13, 17}, {16, 16}, {17, 33}, {48, 32}, {31, 53}};

std::vector<PredictConfig> all_settings() {
  std::vector<PredictConfig> result;
  for (const std::int64_t tile : {8, 11, 16}) {
    for (const double overlap : {0.0, 0.25, 0.5, 0.75}) {
      for (const char* const window : {"none", "linear", "hann", "spline"}) {
        for (const char* const borders : {"fit", "mirror"}) {
          result.push_back(
              {.tile = tile, .overlap = overlap, .window = window, .borders = borders, .batch_size = 5});
        }
      }
    }
  }
  return result;
}

std::string describe(const Shape& shape, const PredictConfig& config) {
  return std::to_string(shape.height) + "x" + std::to_string(shape.width) + ", tile " +
         std::to_string(config.tile) + ", overlap " + std::to_string(config.overlap) + ", " + config.window;
}

TEST(PredictRowsTest, AnIdentityNetworkGivesBackEveryRasterBitForBit) {
  for (const Shape& shape : kShapes) {
    const torch::Tensor raster = torch::randn({2, shape.height, shape.width}) * 1000;
    for (const PredictConfig& config : all_settings()) {
      const Predicted result = predict_all(source_of(raster), 2, give_back, config);
      ASSERT_TRUE(torch::equal(result.probabilities, raster)) << describe(shape, config);
    }
  }
}

TEST(PredictRowsTest, AConstantNetworkGivesExactlyItsConstant) {
  const float constants[] = {0.1F, 1.0F / 3, 0.5666667F};
  const TileFunction network = [&](const torch::Tensor& images, const torch::Tensor&) {
    const torch::Tensor values = torch::tensor(c10::ArrayRef<float>(constants)).view({1, 3, 1, 1});
    return values.expand({images.size(0), 3, images.size(2), images.size(3)});
  };
  for (const Shape& shape : kShapes) {
    const torch::Tensor expected =
        torch::tensor(c10::ArrayRef<float>(constants)).view({3, 1, 1}).expand({3, shape.height, shape.width});
    for (const PredictConfig& config : all_settings()) {
      const PixelSource source = source_of(torch::zeros({1, shape.height, shape.width}, torch::kByte));
      ASSERT_TRUE(torch::equal(predict_all(source, 3, network, config).probabilities, expected))
          << describe(shape, config);
    }
  }
}

// Depends on where in the tile a pixel lies and on what is there, so that neighbouring tiles disagree.
torch::Tensor by_position(const torch::Tensor& images, const torch::Tensor&) {
  const std::int64_t side = images.size(2);
  const torch::Tensor place = torch::arange(side * side, torch::kFloat32).view({1, 1, side, side});
  return images.to(torch::kFloat32) * (1 + place / 7);
}

TEST(PredictAreaTest, EveryPartOfARasterHasTheBytesOfTheWhole) {
  for (const Shape& shape : kShapes) {
    const torch::Tensor raster = torch::randn({2, shape.height, shape.width});
    torch::Tensor valid = torch::rand({shape.height, shape.width}) > 0.1;
    valid.narrow(0, 0, (shape.height + 1) / 2).fill_(false);
    PixelSource source = source_of(raster, valid);
    source.block_rows = 4;
    for (const PredictConfig& config : all_settings()) {
      if (config.window != "spline" || config.tile == 16) continue;
      const Predicted whole = predict_all(source, 2, by_position, config);
      const torch::Tensor mask = joined(whole.valid, raster.size(2));
      for (const std::int64_t strip : {3, 16, 30}) {
        for (const std::int64_t ranks : {1, 3}) {
          const Predicted parts = predict_in_parts(source, 2, by_position, config, strip, ranks);
          ASSERT_TRUE(torch::equal(parts.probabilities, whole.probabilities))
              << describe(shape, config) << ", strips of " << strip << ", ranks " << ranks;
          ASSERT_TRUE(torch::equal(parts.valid.front(), mask));
        }
      }
    }
  }
}

TEST(PredictAreaTest, TheNetworkSeesTheSameBatchesWhateverTheArea) {
  const PixelSource source = source_of(torch::randn({1, 40, 90}));
  const PredictConfig config{.tile = 8, .batch_size = 3};
  std::set<std::string> whole, part;
  const auto recorder = [](std::set<std::string>& seen) {
    return [&seen](const torch::Tensor& images, const torch::Tensor& valid) {
      const torch::Tensor bytes = images.contiguous();
      seen.emplace(static_cast<const char*>(bytes.const_data_ptr()),
                   static_cast<std::size_t>(bytes.numel() * bytes.element_size()));
      return give_back(images, valid);
    };
  };
  predict_all(source, 1, recorder(whole), config);
  predict_in_parts(source, 1, recorder(part), config, 31, 2);
  EXPECT_EQ(whole, part);
}

TEST(PredictAreaTest, WhatIsNotWantedIsNotWorked) {
  PixelSource source = source_of(torch::rand({1, 64, 64}) + 1);
  source.read = [read = source.read](const Window& window) {
    PixelSource::Pixels pixels = read(window);
    const torch::Tensor columns = torch::arange(window.column, window.right());
    pixels.wanted = (columns < 10).unsqueeze(0).expand({window.height, window.width});
    return pixels;
  };
  std::int64_t tiles = 0;
  const TileFunction network = [&](const torch::Tensor& images, const torch::Tensor& valid) {
    EXPECT_FALSE(valid.defined());  // the network sees what lies around
    tiles += images.size(0);
    return give_back(images, valid);
  };
  const Predicted result = predict_all(source, 1, network, {.tile = 16, .batch_size = 2});
  EXPECT_EQ(tiles, 7 * 2);
  EXPECT_EQ(joined(result.valid, 64).sum().item<std::int64_t>(), 64 * 10);
}

TEST(PredictAreaTest, AnAreaBeyondTheRasterIsRefused) {
  const RowSink sink = [](std::int64_t, const torch::Tensor&, const torch::Tensor&) {};
  EXPECT_THROW(
      predict_area(source_of(torch::zeros({1, 9, 9})), {0, 0, 10, 9}, 1, give_back, {.tile = 8}, sink),
      ConfigError);
}

// tests/data/goldens/blend.json; its rasters are [H, W, C].
torch::Tensor golden_raster(const std::string& name, const std::vector<std::int64_t>& shape) {
  return golden::units(name, shape).to(torch::kFloat32).permute({2, 0, 1}).contiguous();
}

void expect_samples(const torch::Tensor& result, const nlohmann::json& samples) {
  const torch::Tensor flat = result.permute({1, 2, 0}).contiguous().flatten();
  for (const nlohmann::json& sample : samples) {
    EXPECT_NEAR(flat[sample[0].get<std::int64_t>()].item<double>(), sample[1].get<double>(), 1e-5);
  }
}

TEST(PredictRowsTest, GoldenIdentityRastersComeBackAlsoWhereTheCitedScriptFails) {
  const nlohmann::json golden = golden::read(golden::folder() / "blend.json");
  for (const nlohmann::json& each : golden["identity"]["cases"]) {
    const auto shape = each["raster"].get<std::vector<std::int64_t>>();
    const torch::Tensor raster = golden_raster(each["name"].get<std::string>(), shape);
    const PredictConfig config{.tile = each["window"].get<std::int64_t>(),
                               .overlap = 1 - 1 / each["subdivisions"].get<double>(),
                               .borders = "mirror"};
    const torch::Tensor result = predict_all(source_of(raster), shape[2], give_back, config).probabilities;
    EXPECT_TRUE(torch::equal(result, raster));
    expect_samples(result, each["right result"]["samples"]);
  }
}

TEST(PredictRowsTest, TileNumbersBlendAsInTheGolden) {
  const nlohmann::json golden = golden::read(golden::folder() / "blend.json")["tile-dependent predictors"];
  const TileGrid grid(24, 40, 16, 0.5, "mirror");
  std::int64_t tile = 0;  // tiles come row by row
  const TileFunction network = [&](const torch::Tensor& images, const torch::Tensor&) {
    torch::Tensor result = torch::empty({images.size(0), 1, 16, 16});
    for (std::int64_t n = 0; n < images.size(0); ++n, ++tile) {
      result[n].fill_(static_cast<double>(tile / grid.columns() + 10 * (tile % grid.columns())));
    }
    return result;
  };
  for (const std::int64_t batch_size : {1, 7, 100}) {
    tile = 0;
    const PredictConfig config{.tile = 16, .borders = "mirror", .batch_size = batch_size};
    const torch::Tensor result =
        predict_all(source_of(torch::zeros({1, 24, 40})), 1, network, config).probabilities;
    const nlohmann::json& expected = golden["tile number"];
    expect_samples(result, expected["samples"]);
    EXPECT_NEAR(result.sum().item<double>(), expected["sum"].get<double>(),
                1e-5 * expected["sum"].get<double>());
    for (std::int64_t i = 0; i < 40; ++i) {
      EXPECT_NEAR(result[0][0][i].item<double>(),
                  expected["row 0"][static_cast<std::size_t>(i)].get<double>(), 1e-5);
    }
    for (std::int64_t i = 0; i < 24; ++i) {
      EXPECT_NEAR(result[0][i][0].item<double>(),
                  expected["column 0"][static_cast<std::size_t>(i)].get<double>(), 1e-5);
    }
  }
}

TEST(PredictRowsTest, ARampInsideTheTileBlendsAsInTheGolden) {
  const nlohmann::json golden =
      golden::read(golden::folder() / "blend.json")["tile-dependent predictors"]["ramp in the tile"];
  const TileFunction network = [](const torch::Tensor& images, const torch::Tensor&) {
    return images * (1 + 0.5 * torch::arange(16, torch::kFloat32).view({1, 1, 16, 1}) / 16);
  };
  const torch::Tensor raster = golden_raster("blend.const", {24, 40, 1});
  const torch::Tensor result =
      predict_all(source_of(raster), 1, network, {.tile = 16, .borders = "mirror"}).probabilities;
  expect_samples(result, golden["samples"]);
  EXPECT_NEAR(result.norm().item<double>(), golden["l2"].get<double>(), 1e-4);
}

TEST(PredictRowsTest, TheResultDoesNotDependOnTheBatchSizeNorOnTheBlocksOfTheFile) {
  const torch::Tensor raster = torch::randn({1, 45, 61});
  // Depends on where in the tile a pixel lies, so that neighbouring tiles disagree.
  const TileFunction network = [](const torch::Tensor& images, const torch::Tensor&) {
    return images * torch::arange(16 * 16, torch::kFloat32).view({1, 1, 16, 16});
  };
  PixelSource source = source_of(raster);
  PredictConfig config{.tile = 16, .overlap = 0.3, .batch_size = 1};
  const torch::Tensor expected = predict_all(source, 1, network, config).probabilities;
  for (const std::int64_t batch_size : {2, 3, 64}) {
    for (const std::int64_t block : {1, 7, 16, 100}) {
      config.batch_size = batch_size;
      source.block_rows = block;
      EXPECT_TRUE(torch::equal(predict_all(source, 1, network, config).probabilities, expected));
    }
  }
}

TEST(PredictRowsTest, EveryRowIsReadOnceInWholeBlocks) {
  PixelSource source = source_of(torch::zeros({1, 50, 20}));
  source.block_rows = 8;
  std::int64_t next = 0;
  source.read = [&, read = source.read](const Window& window) {
    EXPECT_EQ(window.row, next);
    EXPECT_EQ(window.width, 20);
    EXPECT_TRUE(window.bottom() % 8 == 0 || window.bottom() == 50) << to_string(window);
    next = window.bottom();
    return read(window);
  };
  predict_all(source, 1, give_back, {.tile = 12});
  EXPECT_EQ(next, 50);
}

TEST(PredictRowsTest, IntegerRastersReachTheNetworkUnchanged) {
  for (const torch::ScalarType type : {torch::kByte, torch::kInt16, torch::kFloat32, torch::kFloat64}) {
    const torch::Tensor raster = torch::randint(0, 255, {3, 19, 23}).to(type);
    const TileFunction network = [&](const torch::Tensor& images, const torch::Tensor& valid) {
      EXPECT_EQ(images.scalar_type(), type);
      EXPECT_FALSE(valid.defined());
      return give_back(images, valid);
    };
    const Predicted result = predict_all(source_of(raster), 3, network, {.tile = 8});
    EXPECT_TRUE(torch::equal(result.probabilities, raster.to(torch::kFloat32)));
  }
}

TEST(PredictRowsTest, TilesWithoutAValidPixelAreSkippedAndTheirPixelsStayInvalid) {
  const torch::Tensor raster = torch::rand({1, 64, 64}) + 1;
  torch::Tensor valid = torch::ones({64, 64}, torch::kBool);
  valid.narrow(0, 8, 40).fill_(false);  // three rows of tiles of 16 lie in it whole
  valid[0][0] = false;
  std::int64_t tiles = 0;
  const TileFunction network = [&](const torch::Tensor& images, const torch::Tensor& mask) {
    tiles += images.size(0);
    EXPECT_TRUE(mask.defined());
    EXPECT_TRUE(mask.flatten(1).any(1).all().item<bool>());
    return give_back(images, mask);
  };
  const Predicted result =
      predict_all(source_of(raster, valid), 1, network, {.tile = 16, .borders = "mirror", .batch_size = 4});
  EXPECT_EQ(tiles, 9 * (9 - 4));
  EXPECT_TRUE(torch::equal(torch::cat(result.valid), valid));
  EXPECT_TRUE(torch::equal(result.probabilities.masked_select(valid), raster.masked_select(valid)));
  EXPECT_EQ(result.probabilities[0].narrow(0, 16, 24).abs().sum().item<float>(), 0.0F);  // no tile lay there
}

TEST(PredictRowsTest, ARasterWithoutAnyValidPixelRunsNoNetwork) {
  const TileFunction network = [](const torch::Tensor&, const torch::Tensor&) -> torch::Tensor {
    throw std::runtime_error("the network ran");
  };
  const PixelSource source = source_of(torch::zeros({1, 99, 30}), torch::zeros({99, 30}, torch::kBool));
  const Predicted result = predict_all(source, 2, network, {.tile = 8});
  EXPECT_EQ(result.probabilities.abs().sum().item<float>(), 0.0F);
  EXPECT_FALSE(torch::cat(result.valid).any().item<bool>());
}

TEST(PredictRowsTest, ProgressCountsEveryTileOnce) {
  struct Last : ProgressObserver {
    void progress(const Progress& progress) override { last = progress; }
    Progress last;
  } observer;
  predict_rows(
      source_of(torch::zeros({1, 24, 40})), 1, give_back, {.tile = 16, .borders = "mirror"},
      [](std::int64_t, const torch::Tensor&, const torch::Tensor&) {}, observer);
  EXPECT_EQ(observer.last.done, 4 * 6);
  EXPECT_EQ(observer.last.total, 4 * 6);
}

}  // namespace
}  // namespace nadir
