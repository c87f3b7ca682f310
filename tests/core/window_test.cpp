#include "nadir/window.h"

#include <gtest/gtest.h>

namespace nadir {
namespace {

using Indices = std::vector<std::int64_t>;

TEST(WindowTest, MirroredIndicesDoNotRepeatTheEdge) {
  EXPECT_EQ(mirrored_indices(-3, 9, 4), (Indices{3, 2, 1, 0, 1, 2, 3, 2, 1}));
  EXPECT_EQ(mirrored_indices(-2, 5, 1), (Indices{0, 0, 0, 0, 0}));
  EXPECT_EQ(mirrored_indices(-9, 3, 2), (Indices{1, 0, 1}));
}

TEST(WindowTest, Intersection) {
  EXPECT_EQ(intersection({0, 0, 4, 4}, {2, 3, 9, 9}), (Window{2, 3, 2, 1}));
  EXPECT_TRUE(intersection({0, 0, 4, 4}, {4, 0, 1, 1}).empty());
  EXPECT_TRUE((Window{0, 0, 4, 4}.contains({1, 1, 3, 3})));
  EXPECT_FALSE((Window{0, 0, 4, 4}.contains({1, 1, 4, 3})));
}

}  // namespace
}  // namespace nadir
