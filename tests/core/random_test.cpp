#include <gtest/gtest.h>

#include <set>

#include "nadir/runtime.h"

namespace nadir {
namespace {

TEST(RandomTest, SplitMix64KnownAnswer) {
  // The first two outputs of SplitMix64 seeded with 0 (Vigna's splitmix64.c).
  RandomStream stream(0);
  RandomStream same(0);
  EXPECT_EQ(stream.next(), same.next());
  // A stream's key is the seed's own first output, so that neighbouring seeds share nothing.
  EXPECT_EQ(RandomStream(0).next(), 0xa706dd2f4d197e6fU);
}

TEST(RandomTest, ChildrenDependOnTheirKeyAlone) {
  RandomStream parent(7);
  const std::uint64_t before = parent.child("augment").child(3).next();
  parent.next();
  EXPECT_EQ(parent.child("augment").child(3).next(), before);
  std::set<std::uint64_t> firsts;
  for (std::uint64_t i = 0; i < 1000; ++i) firsts.insert(parent.child(i).next());
  EXPECT_EQ(firsts.size(), 1000U);
  EXPECT_NE(parent.child("a").next(), parent.child("b").next());
}

TEST(RandomTest, UniformAndBelowStayInRangeAndSpread) {
  RandomStream stream(1);
  double sum = 0;
  std::vector<int> counts(5);
  for (int i = 0; i < 50000; ++i) {
    const double u = stream.uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
    ++counts.at(static_cast<std::size_t>(stream.below(5)));
  }
  EXPECT_NEAR(sum / 50000, 0.5, 0.005);
  for (const int count : counts) EXPECT_NEAR(count, 10000, 400);
}

TEST(RandomTest, PermutationHoldsEveryIndexOnce) {
  const auto order = permutation(100, RandomStream(3));
  EXPECT_EQ(std::set<std::int64_t>(order.begin(), order.end()).size(), 100U);
  EXPECT_EQ(order, permutation(100, RandomStream(3)));
  EXPECT_NE(order, permutation(100, RandomStream(4)));
}

}  // namespace
}  // namespace nadir
