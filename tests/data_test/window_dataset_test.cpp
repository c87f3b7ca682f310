#include <gtest/gtest.h>

#include "data/samplers/grid.h"
#include "data/transforms/flip.h"
#include "data_test/pattern_source.h"

namespace nadir {
namespace {

std::shared_ptr<const Source> source_of(torch::ScalarType type) {
  return std::make_shared<PatternSource>(std::vector<std::pair<std::int64_t, std::int64_t>>{{7, 10}}, 2, type,
                                         [](auto, auto, auto) { return 1; });
}

std::unique_ptr<Dataset> grid_of(const std::shared_ptr<const Source>& source, std::int64_t size,
                                 std::vector<std::unique_ptr<Transform>> transforms = {}) {
  const SamplerContext context{source, {{0, {0, 0, 7, 10}}}, {}, 0};
  return make_window_dataset(source, make_grid({.size = size, .stride = {}}, context), std::move(transforms),
                             5);
}

TEST(WindowDatasetTest, SmallWindowsAreMirroredAndTheAddedPixelsDoNotCount) {
  for (const auto type : {torch::kInt16, torch::kUInt16, torch::kFloat32}) {
    const auto source = source_of(type);
    const auto dataset = grid_of(source, 6);
    ASSERT_EQ(dataset->size(), 4);
    const Sample corner = dataset->get(0, 3);  // one row, four columns
    EXPECT_EQ(corner.image.sizes(), (std::vector<std::int64_t>{2, 6, 6}));
    const torch::Tensor image = corner.image.to(torch::kFloat32);
    for (std::int64_t i = 0; i < 6; ++i) {
      const std::vector<std::int64_t> mirrored = {6, 7, 8, 9, 8, 7};
      for (std::int64_t j = 0; j < 6; ++j) {
        EXPECT_EQ(image[1][i][j].item<float>(),
                  1060.F + static_cast<float>(mirrored[static_cast<std::size_t>(j)]));
      }
    }
    EXPECT_EQ(corner.target.eq(1).sum().item<int>(), 4);
    EXPECT_EQ(corner.target.eq(kIgnore).sum().item<int>(), 32);
    EXPECT_TRUE(corner.valid.equal(corner.target.eq(1)));
    EXPECT_FALSE(dataset->get(0, 0).valid.defined());
  }
}

TEST(WindowDatasetTest, AWindowMayBeMirroredManyTimes) {
  const auto source = source_of(torch::kInt16);
  const Sample sample = grid_of(source, 40)->get(0, 0);
  EXPECT_EQ(sample.image.sizes(), (std::vector<std::int64_t>{2, 40, 40}));
  EXPECT_EQ(sample.image[0][12][18].item<int>(), 0);  // whole periods of 2 * (size - 1)
  EXPECT_EQ(sample.valid.sum().item<int>(), 70);
}

TEST(WindowDatasetTest, TransformsDependOnEpochAndIndexAlone) {
  const auto source = source_of(torch::kInt16);
  const auto make = [&] {
    std::vector<std::unique_ptr<Transform>> flips;
    flips.push_back(make_flip({}));
    return grid_of(source, 4, std::move(flips));
  };
  const auto one = make();
  const auto two = make();
  int differing = 0;
  for (std::int64_t epoch = 5; epoch >= 0; --epoch) {
    EXPECT_TRUE(one->get(epoch, 1).image.equal(two->get(epoch, 1).image));
    differing += !one->get(epoch, 1).image.equal(one->get(0, 1).image);
  }
  EXPECT_GT(differing, 0);
}

}  // namespace
}  // namespace nadir
