#include "losses/distance_map.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "nadir/runtime.h"

namespace nadir {
namespace {

std::vector<std::uint8_t> random_mask(std::int64_t pixels, double share, std::uint64_t seed) {
  RandomStream stream(seed);
  std::vector<std::uint8_t> mask(static_cast<std::size_t>(pixels));
  for (std::uint8_t& each : mask) each = stream.chance(share) ? 1 : 0;
  return mask;
}

double nearest_by_search(const std::vector<std::uint8_t>& mask, std::int64_t width, std::int64_t pixel) {
  double best = std::numeric_limits<double>::infinity();
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(mask.size()); ++i) {
    if (mask[static_cast<std::size_t>(i)] == 0) continue;
    const auto dy = static_cast<double>(i / width - pixel / width);
    const auto dx = static_cast<double>(i % width - pixel % width);
    best = std::min(best, dx * dx + dy * dy);
  }
  return best;
}

TEST(DistanceMapTest, SquaredDistancesAreThoseOfASearchOverAllPixels) {
  for (const auto& [height, width, share] :
       {std::tuple{7, 11, 0.1}, {13, 5, 0.02}, {1, 9, 0.3}, {9, 1, 0.3}}) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      const std::vector<std::uint8_t> mask = random_mask(height * width, share, seed);
      const std::vector<double> found = squared_distances(mask, height, width);
      for (std::int64_t i = 0; i < height * width; ++i) {
        EXPECT_EQ(found[static_cast<std::size_t>(i)], nearest_by_search(mask, width, i))
            << height << "x" << width;
      }
    }
  }
}

TEST(DistanceMapTest, SignedDistancesAreNegativeInsideAndZeroOnTheInnerEdge) {
  const std::vector<std::uint8_t> mask = {0, 0, 1, 1, 1, 0};
  const std::vector<double> expected = {2, 1, 0, -1, 0, 1};
  EXPECT_EQ(signed_distances(mask, 1, 6), expected);
}

TEST(DistanceMapTest, EmptyAndFullMasksHaveNoBoundary) {
  EXPECT_EQ(signed_distances({0, 0, 0, 0}, 2, 2), std::vector<double>(4, 0));
  EXPECT_EQ(signed_distances({1, 1, 1, 1}, 2, 2), std::vector<double>(4, 0));
}

}  // namespace
}  // namespace nadir
