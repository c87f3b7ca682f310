// Potsdam and Vaihingen in the publisher's layout, with tiles of a few pixels.
#include "data/sources/isprs.h"

#include <gtest/gtest.h>

#include "data_test/messages.h"
#include "raster/small_rasters.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

using nadir::testing::write;

LabelSpec isprs_labels() {
  LabelSpec labels{Task::kMulticlass,
                   {{.name = "impervious surfaces", .color = "#FFFFFF"},
                    {.name = "buildings", .color = "#0000ff"},
                    {.name = "low vegetation", .color = "#00ffff"},
                    {.name = "trees", .color = "#00ff00"},
                    {.name = "cars", .color = "#ffff00"},
                    {.name = "clutter", .color = "#ff0000"}}};
  complete_classes(labels.classes);
  return labels;
}

// Interleaved colours of a 1 x n label.
at::Tensor colours(const std::vector<std::int64_t>& rgb) {
  return torch::tensor(rgb).to(torch::kUInt8).view({1, -1, 3}).permute({2, 0, 1}).contiguous();
}

class IsprsTest : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  void write_tile(const std::string& tile, const std::vector<std::int64_t>& label) {
    const at::Tensor mask = colours(label);
    write(path("Potsdam/2_Ortho_RGB/top_potsdam_" + tile + "_RGB.tif"), torch::full_like(mask, 7));
    write(path("Potsdam/5_Labels_all/top_potsdam_" + tile + "_label.tif"), mask);
  }
  IsprsConfig potsdam() const {
    return {.images = path("Potsdam/2_Ortho_RGB"), .masks = path("Potsdam/5_Labels_all")};
  }
  std::string refused(const IsprsConfig& config) {
    return message_of<DataError>([&] { make_isprs(config, isprs_labels()); });
  }
  TemporaryFolder folder_;
};

TEST_F(IsprsTest, ReadsPotsdamsLayoutClassesAndParts) {
  write_tile("2_10", {255, 255, 255, 0, 0, 255, 0, 255, 255, 0, 255, 0, 255, 255, 0, 255, 0, 0});
  write_tile("2_13", {0, 0, 255});
  const auto source = make_isprs(potsdam(), isprs_labels());
  ASSERT_EQ(source->scenes().size(), 2U);
  EXPECT_EQ(source->scenes()[0].id, "top_potsdam_2_10_RGB.tif");
  EXPECT_EQ(source->scenes()[0].part, "train");
  EXPECT_EQ(source->scenes()[1].part, "test");
  const Sample sample = source->read(0, {0, 0, 1, 6});
  EXPECT_TRUE(sample.target.equal(torch::arange(6).to(torch::kUInt8).view({1, 6})));
  EXPECT_EQ(sample.image.size(0), 3);
  EXPECT_TRUE(source->remarks().empty());
}

TEST_F(IsprsTest, ColoursBesideThePaletteTakeTheNearestAndAreCounted) {
  write_tile("6_7", {252, 255, 0, 0, 3, 250, 0, 0, 255, 255, 255, 255});
  const auto source = make_isprs(potsdam(), isprs_labels());
  const auto expected = torch::tensor({{4, 1, 1, 0}}).to(torch::kUInt8);
  EXPECT_TRUE(source->read(0, {0, 0, 1, 4}).target.equal(expected));
  ASSERT_EQ(source->remarks().size(), 1U);
  EXPECT_TRUE(has(source->remarks()[0],
                  {"2 of the 4 mask pixels read (50.0000 %)", "at most 60 away: top_potsdam_6_7_label.tif"}));
  write_tile("6_7", {128, 128, 128});
  EXPECT_TRUE(has(message_of<DataError>([&] {
                    make_isprs(potsdam(), isprs_labels())->read(0, {0, 0, 1, 1});
                  }),
                  {"top_potsdam_6_7_label.tif", "colour #808080 (1 pixel)", "raise color_tolerance"}));
  IsprsConfig exact = potsdam();
  exact.color_tolerance = 0;
  write_tile("6_7", {252, 255, 0});
  EXPECT_THROW(make_isprs(exact, isprs_labels())->read(0, {0, 0, 1, 1}), DataError);
}

TEST_F(IsprsTest, ReadsVaihingenWithErodedBorders) {
  write(path("v/top/top_mosaic_09cm_area1.tif"), torch::ones({3, 1, 2}, torch::kUInt8));
  write(path("v/gts/top_mosaic_09cm_area1.tif"), colours({0, 0, 255, 0, 255, 0}));
  write(path("v/eroded/top_mosaic_09cm_area1_noBoundary.tif"), colours({0, 0, 255, 0, 0, 0}));
  IsprsConfig config{.city = "vaihingen", .images = path("v/top"), .masks = path("v/gts")};
  EXPECT_EQ(make_isprs(config, isprs_labels())->read(0, {0, 0, 1, 2}).target.sum().item<int>(), 4);
  config.masks = path("v/eroded");
  config.boundaries = false;
  const auto eroded = make_isprs(config, isprs_labels());
  EXPECT_TRUE(eroded->read(0, {0, 0, 1, 2}).target.equal(torch::tensor({{1, 255}}).to(torch::kUInt8)));
  EXPECT_EQ(eroded->scenes()[0].part, "train");
}

TEST_F(IsprsTest, WhatIsMissingIsListed) {
  write_tile("2_10", {0, 0, 255});
  write_tile("2_11", {0, 0, 255});
  std::filesystem::remove(path("Potsdam/5_Labels_all/top_potsdam_2_11_label.tif"));
  EXPECT_TRUE(
      has(refused(potsdam()), {"no label in", "for 2_11; add them, or choose the others with tiles"}));
  IsprsConfig config = potsdam();
  config.tiles = {"2_10"};
  EXPECT_EQ(make_isprs(config, isprs_labels())->scenes().size(), 1U);
  config.tiles = {"9_9"};
  EXPECT_TRUE(has(refused(config), {"no image of tile '9_9'", "found 2_10 and 2_11"}));
  config = potsdam();
  config.channels = "IRRG";
  EXPECT_TRUE(has(refused(config), {"no file in", "is called like top_potsdam_2_10_IRRG.tif"}));
  config.images = path("nowhere");
  EXPECT_TRUE(has(refused(config), {"there is no folder"}));
}

TEST_F(IsprsTest, ClassesMustHaveThePalettesColours) {
  LabelSpec labels = isprs_labels();
  labels.classes[1].color = "#000080";
  EXPECT_TRUE(has(message_of<ConfigError>([&] { make_isprs(potsdam(), labels); }),
                  {"class 'buildings' has the color #000080", "#0000ff (buildings)"}));
  labels = isprs_labels();
  labels.classes.pop_back();
  EXPECT_TRUE(has(message_of<ConfigError>([&] { make_isprs(potsdam(), labels); }),
                  {"no class has the color #ff0000; list one, or the colour in ignore_colors"}));
  write_tile("2_10", {255, 0, 0});
  IsprsConfig config = potsdam();
  config.ignore_colors = {"#ff0000"};
  EXPECT_EQ(make_isprs(config, labels)->read(0, {0, 0, 1, 1}).target.item<int>(), kIgnore);
}

}  // namespace
}  // namespace nadir
