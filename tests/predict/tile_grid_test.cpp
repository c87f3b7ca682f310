#include <gtest/gtest.h>
#include <torch/torch.h>

#include "nadir/predict.h"

namespace nadir {
namespace {

// How many tiles lie over each pixel of a line of `width` pixels.
std::vector<std::int64_t> cover_of_line(const TileGrid& grid, std::int64_t width) {
  std::vector<std::int64_t> cover(static_cast<std::size_t>(width), 0);
  for (std::int64_t column = 0; column < grid.columns(); ++column) {
    const Window inside = intersection(grid.window(0, column), {-10000, 0, 20000, width});
    for (std::int64_t x = inside.column; x < inside.right(); ++x) ++cover[static_cast<std::size_t>(x)];
  }
  return cover;
}

TEST(TileGridTest, EdgesAreCoveredAsOftenAsTheMiddle) {
  for (const std::int64_t width : {1, 2, 7, 16, 17, 64, 97}) {
    const std::vector<std::int64_t> cover = cover_of_line({5, width, 16, 0.5}, width);
    EXPECT_EQ(cover, std::vector<std::int64_t>(cover.size(), 2)) << width;
    EXPECT_EQ(cover_of_line({5, width, 16, 0.75}, width), std::vector<std::int64_t>(cover.size(), 4))
        << width;
    EXPECT_EQ(cover_of_line({5, width, 16, 0}, width), std::vector<std::int64_t>(cover.size(), 1)) << width;
  }
}

TEST(TileGridTest, EveryPixelIsCoveredWhateverTheStep) {
  for (std::int64_t tile = 1; tile < 20; ++tile) {
    for (const double overlap : {0.0, 0.1, 0.25, 0.3, 0.5, 0.6, 0.75}) {
      const std::vector<std::int64_t> cover = cover_of_line({1, 23, tile, overlap}, 23);
      EXPECT_GE(*std::min_element(cover.begin(), cover.end()), 1) << tile << ' ' << overlap;
    }
  }
}

TEST(TileGridTest, EveryTileLiesOverTheRaster) {
  const TileGrid grid(24, 40, 16, 0.5);
  EXPECT_EQ(grid.rows(), 4);
  EXPECT_EQ(grid.columns(), 6);
  EXPECT_EQ(grid.step(), 8);
  EXPECT_EQ(grid.window(0, 0), (Window{-8, -8, 16, 16}));
  EXPECT_EQ(grid.window(3, 5), (Window{16, 32, 16, 16}));
}

TEST(TileGridTest, ValuesOutOfRangeAreRefused) {
  EXPECT_THROW(TileGrid(8, 8, 0, 0.5), ConfigError);
  EXPECT_THROW(TileGrid(8, 8, 8, 0.8), ConfigError);
  EXPECT_THROW(TileGrid(8, 8, 8, -0.1), ConfigError);
  EXPECT_THROW(TileGrid(8, 8, 8, std::nan("")), ConfigError);
  EXPECT_THROW(TileGrid(0, 8, 8, 0.5), ConfigError);
}

}  // namespace
}  // namespace nadir
