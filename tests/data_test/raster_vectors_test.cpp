// Rasters with polygons as labels.
#include "data/sources/raster_vectors.h"

#include <gtest/gtest.h>

#include <thread>

#include "data_test/messages.h"
#include "raster/polygon_text.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

using nadir::testing::utm;
using nadir::testing::write;
using nadir::testing::write_polygon_file;

const LabelSpec kLabels{Task::kMulticlass,
                        {{.name = "land", .color = "#000000", .value = 0},
                         {.name = "water", .color = "#0000ff", .value = 1},
                         {.name = "ice", .color = "#ffffff", .value = 2}}};

class RasterVectorsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    write(folder_ / "image.tif", torch::arange(48).to(torch::kInt16).view({1, 6, 8}),
          {.geo = utm(10), .nodata = 47});
    write_polygon_file(folder_ / "p.geojson", {{"water", nadir::testing::box(1, 1, 4, 3)},
                                               {"ice", nadir::testing::box(3, 2, 6, 5)}});
  }
  RasterVectorsConfig config() const {
    return {.images = {(folder_ / "image.tif").string()},
            .polygons = {(folder_ / "p.geojson").string()},
            .attribute = "class"};
  }
  torch::Tensor target(const RasterVectorsConfig& of, const LabelSpec& labels = kLabels) const {
    return make_raster_vectors(of, labels)->read(0, {0, 0, 6, 8}).target;
  }
  TemporaryFolder folder_;
};

TEST_F(RasterVectorsTest, TargetsAreThePolygonsOfAWindow) {
  const auto source = make_raster_vectors(config(), kLabels);
  const torch::Tensor all = source->read(0, {0, 0, 6, 8}).target;
  EXPECT_EQ(all.eq(1).sum().item<int>(), 5);  // 6, one under the ice
  EXPECT_EQ(all.eq(2).sum().item<int>(), 9);
  EXPECT_EQ(all[5][7].item<int>(), kIgnore);  // the image has nodata there
  EXPECT_TRUE(source->read(0, {1, 2, 3, 4}).target.equal(all.narrow(0, 1, 3).narrow(1, 2, 4)));
  EXPECT_TRUE(source->read_target(0, {1, 2, 3, 4}).equal(all.narrow(0, 1, 3).narrow(1, 2, 4)));
}

TEST_F(RasterVectorsTest, BackgroundAreaAndOneClassForAll) {
  RasterVectorsConfig one = config();
  one.attribute = "";
  one.polygon_class = "water";
  one.background = "ignore";
  const torch::Tensor all = target(one);
  EXPECT_EQ(all.eq(1).sum().item<int>(), 14);
  EXPECT_EQ(all.eq(kIgnore).sum().item<int>(), 34);
  RasterVectorsConfig inside = config();
  write_polygon_file(folder_ / "area.geojson", {{"", nadir::testing::box(0, 0, 4, 6)}});
  inside.area = (folder_ / "area.geojson").string();
  const torch::Tensor within = target(inside);
  EXPECT_TRUE(within.narrow(1, 4, 4).eq(kIgnore).all().item<bool>());
  EXPECT_EQ(within.eq(0).sum().item<int>(), 24 - 5 - 3);
}

TEST_F(RasterVectorsTest, MultilabelClassesMayOverlap) {
  LabelSpec labels = kLabels;
  labels.task = Task::kMultilabel;
  labels.classes.erase(labels.classes.begin());
  const torch::Tensor planes = target(config(), labels);
  ASSERT_EQ(planes.sizes(), (std::vector<std::int64_t>{2, 6, 8}));
  EXPECT_EQ(planes[0].eq(1).sum().item<int>(), 6);
  EXPECT_EQ(planes[1].eq(1).sum().item<int>(), 9);
  EXPECT_EQ(planes[0][5][7].item<int>(), kIgnore);
}

TEST_F(RasterVectorsTest, PolygonsFollowTheResolution) {
  RasterVectorsConfig half = config();
  half.image.resolution = 5;
  const auto source = make_raster_vectors(half, kLabels);
  EXPECT_EQ(source->scenes()[0].width, 16);
  EXPECT_EQ(source->read_target(0, {0, 0, 12, 16}).eq(2).sum().item<int>(), 36);
}

TEST_F(RasterVectorsTest, ProblemsAreNamedWhenTheSourceIsMade) {
  const auto refused = [&](const RasterVectorsConfig& of) {
    return message_of<DataError>([&] { make_raster_vectors(of, kLabels); });
  };
  write_polygon_file(folder_ / "lava.geojson", {{"lava", nadir::testing::box(1, 1, 4, 3)}});
  RasterVectorsConfig other = config();
  other.polygons = {(folder_ / "lava.geojson").string()};
  EXPECT_TRUE(has(refused(other), {"lava.geojson: feature 0 has class = 'lava', which is no class"}));
  other.ignore_attributes = {"lava"};
  EXPECT_EQ(target(other).eq(kIgnore).sum().item<int>(), 7);  // and the image's own
  other = config();
  other.attribute = "kind";
  EXPECT_TRUE(has(refused(other), {"no attribute 'kind'; they have class"}));
  write(folder_ / "plain.tif", torch::zeros({1, 6, 8}, torch::kInt16));
  other = config();
  other.images = {(folder_ / "plain.tif").string()};
  EXPECT_TRUE(has(refused(other), {"plain.tif: has no CRS"}));
  other = config();
  other.background = "sand";
  EXPECT_TRUE(has(message_of<ConfigError>([&] { make_raster_vectors(other, kLabels); }),
                  {"background: there is no class 'sand'"}));
}

TEST_F(RasterVectorsTest, ManyThreadsReadAtOnce) {
  const auto source = make_raster_vectors(config(), kLabels);
  const torch::Tensor expected = source->read_target(0, {0, 0, 6, 8});
  std::vector<int> right(4, 0);
  {
    std::vector<std::jthread> threads;
    for (int& count : right) {
      threads.emplace_back([&] {
        for (int i = 0; i < 25; ++i) count += source->read(0, {0, 0, 6, 8}).target.equal(expected);
      });
    }
  }
  EXPECT_EQ(right, std::vector<int>(4, 25));
}

}  // namespace
}  // namespace nadir
