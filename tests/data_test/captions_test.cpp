// Lists of images with captions, and their making from a scene.
#include "data/sources/captions.h"

#include <gtest/gtest.h>

#include <fstream>

#include "data/caption_patches.h"
#include "data/csv.h"
#include "data/sources/image_folder.h"
#include "data_test/messages.h"
#include "raster/geographic.h"
#include "raster/small_rasters.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

using nadir::testing::utm;

const LabelSpec kNumbers{.task = Task::kClassification};

class CaptionsTest : public ::testing::Test {
 protected:
  CaptionsTest() {
    nadir::testing::write(folder_ / "a.tif", pixels(3, 8, 10), {.geo = utm()});
    nadir::testing::write(folder_ / "b.tif", pixels(3, 4, 4) + 100, {.geo = utm()});
  }
  static at::Tensor pixels(std::int64_t bands, std::int64_t height, std::int64_t width) {
    return torch::arange(bands * height * width)
        .remainder(150)
        .view({bands, height, width})
        .to(torch::kUInt8);
  }
  std::shared_ptr<Source> open(const std::string& list, std::vector<std::int64_t> bands = {}) {
    std::ofstream(folder_ / "list.csv") << list;
    return make_captions({.file = (folder_ / "list.csv").string(), .image = {.bands = std::move(bands)}},
                         kNumbers);
  }
  std::string refused(const std::string& list) {
    return message_of<DataError>([&] { open(list); });
  }
  TemporaryFolder folder_;
};

TEST_F(CaptionsTest, GivesWindowsAndTheNumbersOfTheirLines) {
  const auto source = open(
      "image,row,column,height,width,caption,part\n"
      "a.tif,0,0,4,4,land,train\n"
      "b.tif,0,0,4,4,water,val\n"
      "a.tif,2,6,4,4,\"land, and water\",\n",
      {3, 1});
  ASSERT_EQ(source->scenes().size(), 3U);
  EXPECT_EQ(source->scenes()[1].part, "val");
  const Scene& third = source->scenes()[2];
  EXPECT_EQ(third.id, "a.tif[rows 2..5, columns 6..9]");
  EXPECT_DOUBLE_EQ((*third.transform)[0], 288776 + 6 * 10);
  EXPECT_DOUBLE_EQ((*third.transform)[3], 9120760 - 2 * 10);
  const Sample sample = source->read(2, {1, 0, 2, 4});
  EXPECT_TRUE(torch::equal(
      sample.image, pixels(3, 8, 10).narrow(1, 3, 2).narrow(2, 6, 4).index_select(0, torch::tensor({2, 0}))));
  EXPECT_EQ(sample.target.item<std::int64_t>(), 2);
  EXPECT_EQ(source->read(0, {0, 0, 4, 4}).target.item<std::int64_t>(), 0);
}

TEST_F(CaptionsTest, TakesWholeImagesWithSeveralCaptions) {
  const auto source = open("image,caption\nb.tif,water\nb.tif,the sea\n");
  ASSERT_EQ(source->scenes().size(), 2U);
  EXPECT_EQ(source->scenes()[0].id, "b.tif");
  EXPECT_EQ(source->scenes()[1].id, "b.tif #2");
  EXPECT_EQ(source->scenes()[1].height, 4);
  // A cache must know that the list decides which line a scene is.
  EXPECT_EQ(source->files(1).back(), (folder_ / "list.csv").string());
}

TEST_F(CaptionsTest, NamesTheLineOfWhatIsWrong) {
  const std::string header = "image,row,column,height,width\n";
  EXPECT_TRUE(has(refused("picture,caption\n"), {"image"}));
  EXPECT_TRUE(has(refused("image\nc.tif\n"), {"list.csv, line 2", "c.tif", "no such file"}));
  EXPECT_TRUE(has(refused(header + "a.tif,0,0,4,4\na.tif,0,7,4,4\n"), {"line 3", "leaves", "8 x 10 pixels"}));
  EXPECT_TRUE(has(refused(header + "a.tif,0,0,0,4\n"), {"line 2", "empty"}));
  EXPECT_TRUE(has(refused(header + "a.tif,0,-1,4,4\n"), {"line 2", "column", "'-1'"}));
  EXPECT_TRUE(has(refused("image,row\na.tif,0\n"), {"column"}));
  EXPECT_TRUE(has(refused("image,part\na.tif,training\n"), {"line 2", "'training' is no part"}));
  EXPECT_TRUE(has(refused("image\n"), {"lists no image"}));
}

TEST_F(CaptionsTest, IsForGenerationAlone) {
  EXPECT_TRUE(
      has(message_of<ConfigError>([&] { make_captions({.file = "list.csv"}, {.task = Task::kMulticlass}); }),
          {"task generation"}));
}

TEST(GeographicPlaces, AreThoseOfTheProjection) {
  // The central meridian of zone 25 is 33 degrees west; on the equator its northing is 10,000 km in the
  // south.
  GeoReference geo = utm();
  geo.transform = {{500000 - 5, 10, 0, 10000000 + 5, 0, -10}};
  const GeographicPoint point = GeographicPlaces(geo, "a.tif").at(0.5, 0.5);
  EXPECT_NEAR(point.longitude, -33, 1e-9);
  EXPECT_NEAR(point.latitude, 0, 1e-9);
  EXPECT_LT(GeographicPlaces(geo, "a.tif").at(0.5, 1000).latitude, -0.08);
  EXPECT_TRUE(has(message_of<DataError>([] { GeographicPlaces({}, "plain.png"); }), {"plain.png", "no CRS"}));
}

class CaptionPatchesTest : public ::testing::Test {
 protected:
  // Left half: green above short-wave infrared, which is water; 8 x 16 pixels.
  CaptionPatchesTest() {
    at::Tensor bands = torch::full({2, 8, 16}, 50, torch::kUInt8);
    bands.narrow(0, 0, 1).narrow(2, 0, 8).fill_(100);
    nadir::testing::write(folder_ / "scene.tif", bands, {.geo = utm()});
    config_ = {.size = 4, .stride = 4, .bands = {{"green", 1}, {"swir1", 2}}, .date = "2001-08-03"};
  }
  std::vector<CsvRow> rows() {
    Problems problems(false);
    return read_csv(folder_ / "out/patches.csv", problems).rows;
  }
  CaptionPatchesSummary list() {
    return write_caption_patches((folder_ / "scene.tif").string(), config_, folder_ / "out/patches.csv");
  }
  TemporaryFolder folder_;
  CaptionPatchesConfig config_;
};

TEST_F(CaptionPatchesTest, SaysWhatPatchesShowAndWhereTheyLie) {
  EXPECT_EQ(list().patches, (std::vector<std::int64_t>{4, 4, 0}));
  const std::vector<CsvRow> found = rows();
  ASSERT_EQ(found.size(), 8U);
  EXPECT_EQ(found[0].fields[5], "water");
  EXPECT_EQ(found[0].fields[6], "1.0000");
  EXPECT_EQ(found[3].fields[5], "land");
  EXPECT_EQ(found[3].fields[2], "12");  // column
  EXPECT_EQ(std::stod(found[0].fields[9]), 10);
  EXPECT_EQ(found[0].fields[11], "2001-08-03");
  // gdalinfo says 34d54'58.20"W, 7d56'59.36"S of the corner, which is 20 m from the first patch's centre.
  EXPECT_NEAR(std::stod(found[0].fields[7]), -34.91617, 3e-4);
  EXPECT_NEAR(std::stod(found[0].fields[8]), -7.94982, 3e-4);
  // What was written is what training reads.
  const auto source = make_captions({.file = (folder_ / "out/patches.csv").string()}, kNumbers);
  EXPECT_EQ(source->scenes().size(), 8U);
  EXPECT_EQ(source->read(0, {0, 0, 4, 4}).image.select(0, 0).min().item<int>(), 100);
}

TEST_F(CaptionPatchesTest, CaptionsPatchesInBetweenOrLeavesThemOut) {
  config_.stride = 2;
  EXPECT_EQ(list().patches, (std::vector<std::int64_t>{9, 9, 3}));
  config_.captions = {"land", "water", ""};
  EXPECT_EQ(list().patches, (std::vector<std::int64_t>{9, 9, 0}));
  EXPECT_EQ(rows().size(), 18U);
}

TEST_F(CaptionPatchesTest, WritesPicturesThatAClassifierTrainsOn) {
  config_.pictures = (folder_ / "pictures").string();
  config_.picture_bands = {2, 1, 2};
  list();
  LabelSpec labels{.task = Task::kClassification, .classes = {{.name = "land"}, {.name = "water"}}};
  complete_classes(labels.classes);
  const auto source = make_image_folder({.root = config_.pictures, .background = {}, .pictures = {}}, labels);
  EXPECT_EQ(source->scenes().size(), 8U);
  const Picture water = read_picture(folder_ / "pictures/water/0004-0000.png");
  EXPECT_EQ(water.pixels.sizes(), (std::vector<std::int64_t>{4, 4, 3}));
  EXPECT_EQ(water.pixels.select(2, 1).min().item<int>(), 100);  // green, band 1
  EXPECT_EQ(water.pixels.select(2, 0).max().item<int>(), 50);
  config_.picture_bands = {1, 2};
  EXPECT_TRUE(has(message_of<ConfigError>([&] { list(); }), {"one band or three"}));
}

TEST_F(CaptionPatchesTest, RefusesPicturesOfMoreThanEightBits) {
  nadir::testing::write(folder_ / "scene.tif", torch::full({2, 8, 16}, 50, torch::kInt16), {.geo = utm()});
  config_.pictures = (folder_ / "pictures").string();
  config_.picture_bands = {1};
  EXPECT_TRUE(has(message_of<DataError>([&] { list(); }), {"scene.tif", "8 bits"}));
}

TEST_F(CaptionPatchesTest, ListsNoMoreOfACaptionThanAsked) {
  config_.stride = 2;
  config_.most = 4;
  const CaptionPatchesSummary summary = list();
  EXPECT_EQ(summary.patches, (std::vector<std::int64_t>{4, 4, 3}));
  EXPECT_EQ(summary.share, (std::vector<double>{0, 1, 0.5}));
  std::vector<std::string> rows_of_land;
  for (const CsvRow& row : rows()) {
    if (row.fields[5] == "land") rows_of_land.push_back(row.fields[1]);
  }
  EXPECT_EQ(rows_of_land, (std::vector<std::string>{"0", "2", "4", "4"}));  // of 3 at each of 0, 2, 4
}

TEST_F(CaptionPatchesTest, RefusesWhatItCannotList) {
  config_.bands.erase("swir1");
  EXPECT_TRUE(has(message_of<ConfigError>([&] { list(); }), {"swir1"}));
  config_.bands["swir1"] = 2;
  config_.size = 9;
  EXPECT_TRUE(has(message_of<DataError>([&] { list(); }), {"no patch"}));
}

}  // namespace
}  // namespace nadir
