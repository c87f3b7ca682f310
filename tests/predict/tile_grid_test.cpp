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
    const std::vector<std::int64_t> cover = cover_of_line({5, width, 16, 0.5, "mirror"}, width);
    EXPECT_EQ(cover, std::vector<std::int64_t>(cover.size(), 2)) << width;
    EXPECT_EQ(cover_of_line({5, width, 16, 0.75, "mirror"}, width),
              std::vector<std::int64_t>(cover.size(), 4))
        << width;
    EXPECT_EQ(cover_of_line({5, width, 16, 0, "mirror"}, width), std::vector<std::int64_t>(cover.size(), 1))
        << width;
  }
}

TEST(TileGridTest, EveryPixelIsCoveredWhateverTheStep) {
  for (std::int64_t tile = 1; tile < 20; ++tile) {
    for (const double overlap : {0.0, 0.1, 0.25, 0.3, 0.5, 0.6, 0.75}) {
      for (const char* const borders : {"fit", "mirror"}) {
        const std::vector<std::int64_t> cover = cover_of_line({1, 23, tile, overlap, borders}, 23);
        EXPECT_GE(*std::min_element(cover.begin(), cover.end()), 1) << tile << ' ' << overlap << borders;
      }
    }
  }
}

TEST(TileGridTest, AFittedGridHasNoTileMoreThanItNeeds) {
  EXPECT_EQ(TileGrid(512, 300, 512, 0.5).rows() * TileGrid(512, 300, 512, 0.5).columns(), 1);
  EXPECT_EQ(TileGrid(513, 512, 512, 0.5).rows(), 2);
  EXPECT_EQ(TileGrid(12288, 12288, 512, 0.5).rows(), 47);
  // What reaches beyond the raster is shared by both ends.
  EXPECT_EQ(TileGrid(20, 30, 16, 0.5).window(0, 0), (Window{-2, -1, 16, 16}));
  EXPECT_EQ(TileGrid(20, 30, 16, 0.5).window(1, 2), (Window{6, 15, 16, 16}));
}

TEST(TileGridTest, TilesOverAnAreaAreThoseThatMeetIt) {
  for (const char* const borders : {"fit", "mirror"}) {
    for (const double overlap : {0.0, 0.3, 0.75}) {
      const TileGrid grid(37, 53, 9, overlap, borders);
      for (const Window& area : {Window{0, 0, 37, 53}, Window{5, 7, 1, 1}, Window{36, 50, 1, 3}}) {
        const Window tiles = grid.tiles_over(area);
        for (std::int64_t row = 0; row < grid.rows(); ++row) {
          for (std::int64_t column = 0; column < grid.columns(); ++column) {
            EXPECT_EQ(tiles.contains({row, column, 1, 1}),
                      !intersection(grid.window(row, column), area).empty());
          }
        }
      }
    }
  }
}

TEST(TileGridTest, EveryTileLiesOverTheRaster) {
  const TileGrid grid(24, 40, 16, 0.5, "mirror");
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
