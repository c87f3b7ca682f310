#include "data/polygon_fill.h"

#include <gtest/gtest.h>

#include "data_test/messages.h"
#include "nadir/runtime.h"

namespace nadir {
namespace {

torch::Tensor filled(const std::vector<PolygonPoint>& ring, std::int64_t height, std::int64_t width) {
  torch::Tensor mask = torch::zeros({height, width}, torch::kUInt8);
  fill_polygon(ring, 1, mask);
  return mask;
}

torch::Tensor rows(std::initializer_list<std::string> text) {
  torch::Tensor mask =
      torch::zeros({static_cast<std::int64_t>(text.size()), static_cast<std::int64_t>(text.begin()->size())},
                   torch::kUInt8);
  std::int64_t y = 0;
  for (const std::string& row : text) {
    for (std::size_t x = 0; x < row.size(); ++x)
      mask[y][static_cast<std::int64_t>(x)] = row[x] == '#' ? 1 : 0;
    ++y;
  }
  return mask;
}

TEST(PolygonFillTest, SetsThePixelsWhoseCentresLieInside) {
  EXPECT_TRUE(
      filled({{1, 1}, {4, 1}, {4, 3}, {1, 3}}, 4, 5).equal(rows({".....", ".###.", ".###.", "....."})));
  // Half a pixel is enough on the left and above, and not on the right and below.
  EXPECT_TRUE(
      filled({{0.5, 0.5}, {2.5, 0.5}, {2.5, 1.5}, {0.5, 1.5}}, 3, 4).equal(rows({"##..", "....", "...."})));
  EXPECT_TRUE(filled({{0, 0}, {4, 0}, {0, 4}}, 4, 4).equal(rows({"###.", "##..", "#...", "...."})));
}

TEST(PolygonFillTest, ARingThatCrossesItselfIsFilledByTheEvenOddRule) {
  // A pentagram has a hole in its middle; the nonzero rule would fill it.
  std::vector<PolygonPoint> star;
  for (const int corner : {0, 2, 4, 1, 3}) {
    const double angle = 2 * 3.14159265358979 * corner / 5;
    star.push_back({20.5 + 18 * std::sin(angle), 20.5 - 18 * std::cos(angle)});
  }
  const torch::Tensor mask = filled(star, 41, 41);
  EXPECT_EQ(mask[20][20].item<int>(), 0);
  EXPECT_EQ(mask[6][20].item<int>(), 1);
}

TEST(PolygonFillTest, NeighboursShareNoPixelAndLeaveNone) {
  RandomStream random(3);
  for (int i = 0; i < 100; ++i) {
    // A square cut in two by a line between two of its sides; vertices fall on pixel centres now and then.
    const auto at = [&] { return static_cast<double>(random.below(21)) / 2; };
    const PolygonPoint a{at(), 0}, b{at(), 10};
    torch::Tensor sum = filled({{0, 0}, a, b, {0, 10}}, 10, 10) + filled({a, {10, 0}, {10, 10}, b}, 10, 10);
    EXPECT_TRUE(sum.eq(1).all().item<bool>()) << a.x << " " << b.x;
  }
}

TEST(PolygonFillTest, WhatLiesOutsideTheImageIsCutOff) {
  EXPECT_TRUE(filled({{-50, -50}, {60, -50}, {60, 60}, {-50, 60}}, 3, 3).eq(1).all().item<bool>());
  EXPECT_EQ(filled({{10, 10}, {20, 10}, {20, 20}}, 5, 5).sum().item<int>(), 0);
}

TEST(PolygonFillTest, BrokenRingsAreNamed) {
  EXPECT_EQ(ring_fault({{0, 0}, {1, 0}, {0, 1}}), "");
  EXPECT_TRUE(has(ring_fault({{0, 0}, {1, 0}}), {"has 2 points"}));
  EXPECT_TRUE(has(ring_fault({{0, 0}, {1, 1}, {2, 2}}), {"has no area"}));
  EXPECT_TRUE(has(ring_fault({{0, 0}, {1, 0}, {0, std::nan("")}}), {"not finite"}));
}

}  // namespace
}  // namespace nadir
