// Areas found row by row are those that a flood fill finds.
#include "raster/connected_areas.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

namespace nadir {
namespace {

using Grid = std::vector<std::vector<std::int32_t>>;

struct Labelled {
  Grid numbers;  // 0 where there is no area
  std::vector<AreaSums> areas;
};

Labelled label(const Grid& grid, std::int64_t min_pixels = 1) {
  AreaTable table;
  RunLabeller first;
  for (const auto& row : grid) {
    const auto join = [&](std::int32_t a, std::int32_t b) { table.join(a, b); };
    for (const Run& run : first.next_row(row, join)) {
      table.add(run.label, {.value = run.value, .pixels = run.end - run.first});
    }
  }
  const auto numbered = table.number([&](const AreaSums& area) { return area.pixels >= min_pixels; });
  Labelled result{.numbers = Grid(grid.size(), std::vector<std::int32_t>(grid[0].size(), 0)),
                  .areas = numbered.areas};
  RunLabeller second;
  for (std::size_t r = 0; r < grid.size(); ++r) {
    for (const Run& run : second.next_row(grid[r], [](std::int32_t, std::int32_t) {})) {
      for (auto c = static_cast<std::size_t>(run.first); c < static_cast<std::size_t>(run.end); ++c) {
        result.numbers[r][c] = numbered.by_label[static_cast<std::size_t>(run.label)];
      }
    }
  }
  return result;
}

std::int64_t flood(Grid& grid, std::size_t row, std::size_t column, std::int32_t value) {
  if (row >= grid.size() || column >= grid[0].size() || grid[row][column] != value) return 0;
  grid[row][column] = kNoClass;
  return 1 + flood(grid, row + 1, column, value) + flood(grid, row - 1, column, value) +
         flood(grid, row, column + 1, value) + flood(grid, row, column - 1, value);
}

std::multiset<std::pair<std::int32_t, std::int64_t>> flooded(Grid grid) {
  std::multiset<std::pair<std::int32_t, std::int64_t>> areas;
  for (std::size_t r = 0; r < grid.size(); ++r) {
    for (std::size_t c = 0; c < grid[0].size(); ++c) {
      const std::int32_t value = grid[r][c];
      if (value != kNoClass) areas.emplace(value, flood(grid, r, c, value));
    }
  }
  return areas;
}

Grid random_grid(std::int64_t height, std::int64_t width, std::int64_t classes) {
  const at::Tensor values = at::randint(kNoClass, classes, {height, width}).to(at::kInt);
  Grid grid;
  for (std::int64_t r = 0; r < height; ++r) {
    const std::int32_t* row = values.const_data_ptr<std::int32_t>() + r * width;
    grid.emplace_back(row, row + width);
  }
  return grid;
}

TEST(ConnectedAreas, AreThoseOfAFloodFill) {
  at::manual_seed(1);
  for (const std::int64_t classes : {1, 2, 4}) {
    const Grid grid = random_grid(40, 31, classes);
    const Labelled labelled = label(grid);
    std::multiset<std::pair<std::int32_t, std::int64_t>> found;
    for (const AreaSums& area : labelled.areas) found.emplace(area.value, area.pixels);
    EXPECT_EQ(found, flooded(grid));
    for (std::size_t r = 0; r < grid.size(); ++r) {
      for (std::size_t c = 0; c < grid[0].size(); ++c) {
        const std::int32_t number = labelled.numbers[r][c];
        const std::int32_t value =
            number == 0 ? kNoClass : labelled.areas[static_cast<std::size_t>(number - 1)].value;
        ASSERT_EQ(value, grid[r][c]);
      }
    }
  }
}

TEST(ConnectedAreas, JoinAtTheBottomOfACombAndNotAtCorners) {
  const Labelled comb = label({{5, 1, 5, 1, 5}, {5, 1, 5, 1, 5}, {5, 5, 5, 5, 5}});
  ASSERT_EQ(comb.areas.size(), 3U);
  EXPECT_EQ(comb.numbers[0][4], comb.numbers[0][0]);
  EXPECT_EQ(label({{1, 2}, {2, 1}}).areas.size(), 4U);
}

TEST(ConnectedAreas, AreLeftOutWhenTheyAreSmall) {
  const Labelled labelled = label({{1, 1, 2}, {1, 3, 2}}, 2);
  EXPECT_EQ(labelled.areas.size(), 2U);
  EXPECT_EQ(labelled.numbers, (Grid{{1, 1, 2}, {1, 0, 2}}));
}

}  // namespace
}  // namespace nadir
