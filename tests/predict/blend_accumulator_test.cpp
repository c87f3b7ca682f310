#include "predict/blend_accumulator.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <atomic>

namespace nadir {
namespace {

constexpr std::int64_t kTile = 6;

// Takes every pixel of an area once.
class Pixels : public BlendSink {
 public:
  Pixels(const Window& area, std::int64_t classes)
      : area_(area), values_(torch::full({classes, area.height, area.width}, std::nan(""))) {}
  void begin_rows(std::int64_t first, std::int64_t bottom) override {
    EXPECT_EQ(first, bottom_);
    EXPECT_GE(bottom, first);
    bottom_ = bottom;
  }
  void take(const RowPiece& piece) override {
    EXPECT_LE(piece.count, RowPiece::kMost);
    EXPECT_LT(piece.row, bottom_);
    for (std::int64_t k = 0; k < values_.size(0); ++k) {
      float* const to = values_[k][piece.row - area_.row].data_ptr<float>() + piece.column - area_.column;
      for (std::size_t i = 0; i < piece.count; ++i) {
        EXPECT_TRUE(std::isnan(to[i])) << "twice";
        to[i] = piece.values[static_cast<std::size_t>(k) * piece.stride + i];
      }
    }
    taken_ += static_cast<std::int64_t>(piece.count);
  }
  void end_rows(const torch::Tensor&) override {
    EXPECT_EQ(taken_, (bottom_ - area_.row) * area_.width) << "not all came";
  }
  const torch::Tensor& values() const { return values_; }

 private:
  Window area_;
  torch::Tensor values_;  // [K, h, w]
  std::int64_t bottom_ = area_.row;
  std::atomic<std::int64_t> taken_ = 0;
};

// What the tile of the grid says, [K, tile, tile]; undefined: the tile is left out.
using Scores = std::function<torch::Tensor(std::int64_t row, std::int64_t column)>;

torch::Tensor blended(const TileGrid& grid, const Window& area, std::int64_t classes,
                      const std::string& window, const Scores& scores,
                      Activation activation = Activation::kNone) {
  Pixels pixels(area, classes);
  BlendAccumulator blender(grid, area, classes, blend_window(window, grid.tile()), pixels);
  const Window tiles = grid.tiles_over(area);
  for (std::int64_t row = tiles.row; row < tiles.bottom(); ++row) {
    for (std::int64_t column = tiles.column; column < tiles.right(); ++column) {
      const torch::Tensor values = scores(row, column);
      if (values.defined()) blender.add(grid.window(row, column), values, activation);
    }
    blender.end_tiles({});
  }
  return pixels.values();
}

// The same by the definition: sums of weighted values over sums of weights, in float64.
torch::Tensor weighted_mean(const TileGrid& grid, std::int64_t height, std::int64_t width,
                            std::int64_t classes, const std::string& window, const Scores& scores) {
  const std::int64_t tile = grid.tile();
  torch::Tensor sums = torch::zeros({classes, height + 2 * tile, width + 2 * tile}, torch::kFloat64);
  torch::Tensor weights = torch::zeros({height + 2 * tile, width + 2 * tile}, torch::kFloat64);
  const torch::Tensor line = blend_window(window, tile).to(torch::kFloat64);
  for (std::int64_t row = 0; row < grid.rows(); ++row) {
    for (std::int64_t column = 0; column < grid.columns(); ++column) {
      const torch::Tensor values = scores(row, column);
      if (!values.defined()) continue;
      const Window at = grid.window(row, column);
      const torch::Tensor weight = line.unsqueeze(1) * line;
      const auto part = [&](const torch::Tensor& whole) {
        return whole.narrow(-2, at.row + tile, tile).narrow(-1, at.column + tile, tile);
      };
      part(sums) += values * weight;
      part(weights) += weight;
    }
  }
  const torch::Tensor mean = sums / weights.masked_fill(weights == 0, 1);
  return mean.narrow(1, tile, height).narrow(2, tile, width).to(torch::kFloat32);
}

// Random numbers that belong to a tile, whatever it is asked for.
Scores noise(std::int64_t classes, std::int64_t tile) {
  return [=](std::int64_t row, std::int64_t column) {
    torch::manual_seed(static_cast<std::uint64_t>(1000 * row + column));
    return torch::rand({classes, tile, tile});
  };
}

TEST(BlendAccumulatorTest, GivesTheWeightedMeanOfAllTilesOverAPixel) {
  for (const double overlap : {0.0, 0.2, 0.5, 0.6, 0.75}) {
    for (const std::int64_t tile : {1, 2, 5, 16, 300}) {
      const std::int64_t height = 37, width = tile == 300 ? 700 : 41;
      const TileGrid grid(height, width, tile, overlap);
      for (const char* const window : {"spline", "none"}) {
        const torch::Tensor found = blended(grid, {0, 0, height, width}, 3, window, noise(3, tile));
        const torch::Tensor expected = weighted_mean(grid, height, width, 3, window, noise(3, tile));
        EXPECT_TRUE(torch::allclose(found, expected, 1e-5, 1e-6)) << tile << " " << overlap << " " << window;
      }
    }
  }
}

TEST(BlendAccumulatorTest, TilesThatAreLeftOutWeighNothing) {
  for (const double overlap : {0.0, 0.3, 0.5, 0.75}) {
    const TileGrid grid(60, 70, 8, overlap);
    for (const std::int64_t of : {2, 3, 7}) {
      const Scores some = [&](std::int64_t row, std::int64_t column) {
        return (row * row + 5 * column) % of == 0 ? torch::Tensor() : noise(2, 8)(row, column);
      };
      const torch::Tensor found = blended(grid, {0, 0, 60, 70}, 2, "hann", some);
      EXPECT_TRUE(torch::allclose(found, weighted_mean(grid, 60, 70, 2, "hann", some), 1e-5, 1e-6))
          << overlap << " " << of;
    }
  }
}

TEST(BlendAccumulatorTest, EqualValuesStayThemselvesBitForBit) {
  const TileGrid grid(20, 40, kTile, 0.75);
  for (const float value : {0.1F, 1.0F / 3, 0.7F, 1e-30F, 1.0F, -12345.678F}) {
    const Scores constant = [&](std::int64_t, std::int64_t) { return torch::full({2, kTile, kTile}, value); };
    EXPECT_TRUE(
        torch::equal(blended(grid, {0, 0, 20, 40}, 2, "spline", constant), torch::full({2, 20, 40}, value)))
        << value;
  }
}

TEST(BlendAccumulatorTest, PixelsWithoutATileAreZero) {
  const TileGrid grid(12, 12, kTile, 0);
  const Scores one = [](std::int64_t row, std::int64_t column) {
    return row == 0 && column == 1 ? torch::ones({1, kTile, kTile}) : torch::Tensor();
  };
  const torch::Tensor found = blended(grid, {0, 0, 12, 12}, 1, "hann", one);
  EXPECT_EQ(found.sum().item<float>(), 36.0F);
  EXPECT_EQ(found[0][0][5].item<float>(), 0.0F);
}

TEST(BlendAccumulatorTest, AnAreaInsideTheRasterGetsTheSameBytesAsTheWhole) {
  for (const double overlap : {0.0, 0.4, 0.5, 0.75}) {
    const TileGrid grid(40, 700, 64, overlap);
    const torch::Tensor whole = blended(grid, {0, 0, 40, 700}, 2, "spline", noise(2, 64));
    for (const Window& area : {Window{0, 7, 40, 6}, Window{11, 130, 20, 311}, Window{39, 699, 1, 1}}) {
      EXPECT_TRUE(torch::equal(whole.narrow(1, area.row, area.height).narrow(2, area.column, area.width),
                               blended(grid, area, 2, "spline", noise(2, 64))))
          << to_string(area) << " " << overlap;
    }
  }
}

TEST(BlendAccumulatorTest, TheLastStepToProbabilitiesIsMadeOnTheWayWhateverTheLayout) {
  for (const std::int64_t classes : {1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 40}) {
    const TileGrid grid(70, 90, 64, 0.5);
    const auto logits = [&](std::int64_t row, std::int64_t column) {
      torch::manual_seed(static_cast<std::uint64_t>(1000 * row + column));
      return 8 * torch::randn({classes, 64, 64});
    };
    for (const bool exclusive : {true, false}) {
      const Activation activation = exclusive ? Activation::kSoftmax : Activation::kSigmoid;
      const Scores probabilities = [&](std::int64_t row, std::int64_t column) {
        return exclusive ? torch::softmax(logits(row, column), 0) : torch::sigmoid(logits(row, column));
      };
      const Scores channels_last = [&](std::int64_t row, std::int64_t column) {
        return logits(row, column).permute({1, 2, 0}).contiguous().permute({2, 0, 1});
      };
      const torch::Tensor expected = blended(grid, {0, 0, 70, 90}, classes, "spline", probabilities);
      for (const Scores& scores : {Scores(logits), channels_last}) {
        const torch::Tensor found = blended(grid, {0, 0, 70, 90}, classes, "spline", scores, activation);
        EXPECT_TRUE(torch::allclose(found, expected, 2e-6, 2e-7)) << classes << " " << exclusive;
      }
    }
  }
}

TEST(BlendAccumulatorTest, LogitsBeyondAllBoundsGiveNothingAllOrNotANumber) {
  const float infinity = std::numeric_limits<float>::infinity();
  const TileGrid grid(1, 5, 5, 0);
  const auto found = [&](const torch::Tensor& logits, Activation activation) {
    return blended(
        grid, {0, 0, 1, 5}, 2, "none",
        [&](std::int64_t, std::int64_t) {
          return logits.unsqueeze(1).expand({2, 5, 5});
        },
        activation);
  };
  const torch::Tensor logits = torch::tensor(
      {{0.0F, -infinity, 500.0F, std::nanf(""), -200.0F}, {-90.0F, 1.0F, 500.0F, 1.0F, 200.0F}});
  const torch::Tensor soft = found(logits, Activation::kSoftmax)[0][0];
  EXPECT_EQ(soft[0].item<float>(), 1.0F);
  EXPECT_EQ(soft[1].item<float>(), 0.0F);
  EXPECT_EQ(soft[2].item<float>(), 0.5F);
  EXPECT_TRUE(std::isnan(soft[3].item<float>()));
  EXPECT_EQ(soft[4].item<float>(), 0.0F);
  const torch::Tensor single = found(logits, Activation::kSigmoid)[0][0];
  EXPECT_EQ(single[0].item<float>(), 0.5F);
  EXPECT_EQ(single[1].item<float>(), 0.0F);
  EXPECT_EQ(single[2].item<float>(), 1.0F);
  EXPECT_TRUE(std::isnan(single[3].item<float>()));
}

TEST(BlendAccumulatorTest, ATileOfAnotherRowOfTilesIsAnError) {
  const TileGrid grid(12, 6, kTile, 0.5);
  Pixels pixels({0, 0, 12, 6}, 1);
  BlendAccumulator blender(grid, {0, 0, 12, 6}, 1, blend_window("hann", kTile), pixels);
  blender.add({0, 0, kTile, kTile}, torch::ones({1, kTile, kTile}), Activation::kNone);
  blender.end_tiles({});
  EXPECT_THROW(blender.add({0, 0, kTile, kTile}, torch::ones({1, kTile, kTile}), Activation::kNone),
               std::logic_error);
}

}  // namespace
}  // namespace nadir
