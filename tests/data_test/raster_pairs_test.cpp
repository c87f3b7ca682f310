#include "data/sources/raster_pairs.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "data_test/messages.h"
#include "raster/small_rasters.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

using nadir::testing::utm;
using nadir::testing::write;

const LabelSpec kLabels{
    Task::kMulticlass,
    {{.name = "land", .color = "#000000", .value = 0}, {.name = "water", .color = "#0000ff", .value = 1}}};

class RasterPairsTest : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::shared_ptr<Source> open(RasterPairsConfig config = {}, const LabelSpec& labels = kLabels) {
    if (config.images.empty()) config.images = {path("image.tif")};
    if (config.masks.empty()) config.masks = {path("mask.tif")};
    return make_raster_pairs(config, labels);
  }
  std::string refused(const RasterPairsConfig& config = {}) {
    return message_of<DataError>([&] { open(config); });
  }
  // Message of reading the whole first scene.
  std::string unreadable(const RasterPairsConfig& config = {}) {
    return message_of<DataError>([&] {
      const auto source = open(config);
      source->read(0, {0, 0, source->scenes()[0].height, source->scenes()[0].width});
    });
  }
  void write_png(const std::string& name, const at::Tensor& picture) {
    std::ofstream(path(name), std::ios::binary) << encode_png(picture);
  }
  TemporaryFolder folder_;
};

at::Tensor ramp(std::int64_t bands, std::int64_t height, std::int64_t width) {
  return torch::arange(bands * height * width).view({bands, height, width}).to(torch::kInt16);
}

TEST_F(RasterPairsTest, GivesBandsAndClassesOfAWindow) {
  write(path("image.tif"), ramp(4, 6, 8), {.geo = utm(), .band_names = {"blue", "green", "red", "nir"}});
  write(path("mask.tif"), torch::tensor({10, 20}).to(torch::kUInt8).repeat({1, 6, 4}), {.geo = utm()});
  const LabelSpec labels{Task::kMulticlass,
                         {{.name = "land", .color = "#000000", .value = 20},
                          {.name = "water", .color = "#0000ff", .value = 10}}};
  const auto source = open({.image = {.bands = {3, 1}}}, labels);
  EXPECT_EQ(source->band_names(), (std::vector<std::string>{"red", "blue"}));
  EXPECT_EQ(source->band_numbers(), (std::vector<std::int64_t>{3, 1}));
  const Scene& scene = source->scenes()[0];
  EXPECT_EQ(std::tuple(scene.id, scene.height, scene.width, scene.bands), std::tuple("image.tif", 6, 8, 2));
  EXPECT_EQ(scene.resolution, 10.0);
  const Sample sample = source->read(0, {2, 3, 2, 4});
  EXPECT_EQ(sample.id, "image.tif[rows 2..3, columns 3..6]");
  EXPECT_EQ(sample.image[0][1][2].item<int>(), 2 * 48 + 3 * 8 + 5);
  EXPECT_EQ(sample.image[1][0][0].item<int>(), 2 * 8 + 3);
  EXPECT_TRUE(sample.target.equal(torch::tensor({0, 1, 0, 1}).to(torch::kUInt8).repeat({2, 1})));
  EXPECT_FALSE(sample.valid.defined());
  EXPECT_TRUE(source->read_target(0, {2, 3, 2, 4}).equal(sample.target));
}

TEST_F(RasterPairsTest, NodataOfImageAndMaskBecomesIgnore) {
  at::Tensor image = ramp(2, 2, 3) + 1;
  image[1][0][0] = -7;
  write(path("image.tif"), image, {.nodata = -7});
  write(path("mask.tif"), torch::tensor({0, 1, -1, 1, 9, -1}).to(torch::kInt16).view({1, 2, 3}),
        {.nodata = 9});
  const Sample sample = open({.mask = {.ignore_values = {-1}}})->read(0, {0, 0, 2, 3});
  const auto expected = torch::tensor({255, 1, 255, 1, 255, 255}).to(torch::kUInt8).view({2, 3});
  EXPECT_TRUE(sample.target.equal(expected)) << sample.target;
  EXPECT_EQ(sample.valid.sum().item<int>(), 5);
  EXPECT_FALSE(sample.valid[0][0].item<bool>());
  EXPECT_TRUE(open({.mask = {.ignore_values = {-1}}})->read_target(0, {0, 0, 2, 3}).equal(expected));
}

TEST_F(RasterPairsTest, MaskValuesOutsideTheClassesAreNamedWithTheirCounts) {
  write(path("image.tif"), ramp(1, 2, 4));
  for (const auto type : {torch::kUInt8, torch::kInt16, torch::kUInt16, torch::kFloat32}) {
    write(path("mask.tif"), torch::tensor({0, 7, 7, 1, 0, 0, 9, 7}).to(type).view({1, 2, 4}));
    EXPECT_TRUE(has(unreadable({.mask = {.ignore_values = {200}}}),
                    {path("mask.tif") + ", rows 0..1, columns 0..3",
                     "value 7 (3 pixels) and value 9 (1 pixel)", "0 (land), 1 (water) and 200 (ignored)"}));
  }
}

TEST_F(RasterPairsTest, ANodataThatIsAClassMustBeDecided) {
  write(path("image.tif"), ramp(1, 1, 2));
  write(path("mask.tif"), torch::tensor({0, 1}).to(torch::kUInt8).view({1, 1, 2}), {.nodata = 0});
  EXPECT_TRUE(has(refused(),
                  {"declares 0 as nodata, and that is the value of class 'land'; set mask_nodata: class"}));
  EXPECT_EQ(open({.mask = {.mask_nodata = "class"}})->read(0, {0, 0, 1, 2}).target.sum().item<int>(), 1);
  EXPECT_THROW(open({.mask = {.ignore_values = {1}}}), ConfigError);
}

TEST_F(RasterPairsTest, ImageAndMaskMustLieOnTheSamePixels) {
  write(path("image.tif"), ramp(1, 4, 4), {.geo = utm(10)});
  const at::Tensor labels = torch::zeros({1, 4, 4}, torch::kUInt8);
  write(path("mask.tif"), torch::zeros({1, 4, 5}, torch::kUInt8), {.geo = utm(10)});
  EXPECT_TRUE(has(refused(), {path("image.tif") + " has 4 x 4", path("mask.tif") + " has 4 x 5"}));
  GeoReference other = utm(10);
  other.crs = nadir::testing::kWgs84;
  write(path("mask.tif"), labels, {.geo = other});
  EXPECT_TRUE(has(refused(), {"differ in CRS", "WGS 84 / UTM zone 25S", "has WGS 84;"}));
  write(path("mask.tif"), labels, {.geo = utm(20)});
  EXPECT_TRUE(has(refused(), {"differ in grid", "[288776, 10, 0", "[288776, 20, 0"}));
  write(path("mask.tif"), labels);  // a mask without georeference fits by its size
  EXPECT_EQ(refused(), "no error");
}

TEST_F(RasterPairsTest, ImagesMustHaveTheSameBandsAndType) {
  write(path("image.tif"), ramp(2, 2, 2));
  write(path("b.tif"), ramp(3, 2, 2));
  write(path("c.tif"), ramp(2, 2, 2).to(torch::kFloat32));
  const auto both = [&](const std::string& other, std::vector<std::int64_t> bands) {
    return message_of<DataError>([&] {
      make_raster_pairs({.images = {path("image.tif"), path(other)}, .image = {.bands = std::move(bands)}},
                        kLabels);
    });
  };
  EXPECT_TRUE(has(both("b.tif", {}), {"b.tif", "same bands; found 2 and 3"}));
  EXPECT_EQ(both("b.tif", {2, 1}), "no error");
  EXPECT_TRUE(has(both("c.tif", {}), {"found int16 and float32"}));
  EXPECT_TRUE(has(message_of<ConfigError>([&] { open({.image = {.bands = {3}}}); }),
                  {"there is no band 3 in " + path("image.tif") + ", which has 2 bands"}));
}

TEST_F(RasterPairsTest, FilesThatAreMissingOrBrokenAreNamed) {
  EXPECT_TRUE(has(refused({.images = {path("nowhere.tif")}}), {path("nowhere.tif")}));
  EXPECT_TRUE(has(refused({.images = {path("*.tiff")}}), {"no file matches"}));
  std::ofstream(path("image.tif")) << "not a raster";
  EXPECT_TRUE(has(refused(), {path("image.tif")}));
  EXPECT_TRUE(has(message_of<ConfigError>([] { sources().make("raster_pairs", {}, kLabels); }),
                  {"'images' is missing"}));
}

TEST_F(RasterPairsTest, PatternsPairByNameAndMasksAreOptional) {
  for (const char* name : {"1", "2", "3"}) {
    write(path(std::string("img_") + name + ".tif"), ramp(1, 2, 2) + std::stoi(name));
    if (*name != '2')
      write(path(std::string("mask_") + name + ".tif"), torch::zeros({1, 2, 2}, torch::kUInt8));
  }
  const std::string message = refused({.images = {path("img_*.tif")}, .masks = {path("mask_*.tif")}});
  EXPECT_TRUE(has(message, {"Images without a mask: " + path("img_2.tif")}));
  const auto unlabelled = make_raster_pairs({.images = {path("img_*.tif")}}, kLabels);
  ASSERT_EQ(unlabelled->scenes().size(), 3U);
  EXPECT_FALSE(unlabelled->read(1, {0, 0, 2, 2}).target.defined());
  EXPECT_EQ(unlabelled->read(1, {0, 0, 1, 1}).image.item<int>(), 2);
}

TEST_F(RasterPairsTest, ColourMasksAreMatchedExactly) {
  write(path("image.tif"), ramp(1, 1, 3));
  at::Tensor colours = torch::tensor({0, 0, 0, 0, 0, 255, 9, 9, 9}).to(torch::kUInt8).view({1, 3, 3});
  write_png("mask.png", colours);
  const RasterPairsConfig config{.masks = {path("mask.png")}};
  EXPECT_TRUE(has(unreadable(config), {"mask.png", "colour #090909 (1 pixel)", "#0000ff (water)"}));
  RasterPairsConfig ignoring = config;
  ignoring.mask.ignore_colors = {"#090909"};
  EXPECT_TRUE(
      open(ignoring)->read(0, {0, 0, 1, 3}).target.equal(torch::tensor({{0, 1, 255}}).to(torch::kUInt8)));
}

TEST_F(RasterPairsTest, PalettesCountAsValuesOrAsColours) {
  write(path("image.tif"), ramp(1, 1, 2));
  write(path("mask.tif"), torch::tensor({1, 0}).to(torch::kUInt8).view({1, 1, 2}),
        {.classes = {{"sea", {0, 0, 255}}, {"soil", {0, 0, 0}}}});
  const auto target = [&](const std::string& labels) {
    return open({.mask = {.labels = labels}})->read(0, {0, 0, 1, 2}).target;
  };
  EXPECT_TRUE(target("auto").equal(torch::tensor({{1, 0}}).to(torch::kUInt8)));
  EXPECT_TRUE(target("color").equal(torch::tensor({{0, 1}}).to(torch::kUInt8)));
  write(path("mask.tif"), torch::zeros({1, 1, 2}, torch::kInt16));
  EXPECT_TRUE(has(refused({.mask = {.labels = "color"}}), {"no colours"}));
}

TEST_F(RasterPairsTest, MultilabelMasksHaveABandForEachClass) {
  write(path("image.tif"), ramp(1, 1, 3));
  LabelSpec labels = kLabels;
  labels.task = Task::kMultilabel;
  const at::Tensor mask = torch::tensor({0, 1, 1, 1, 1, 0}).to(torch::kUInt8).view({2, 1, 3});
  write(path("mask.tif"), mask);
  EXPECT_TRUE(open({}, labels)->read(0, {0, 0, 1, 3}).target.equal(mask));
  write(path("mask.tif"), mask * 2);
  EXPECT_TRUE(has(message_of<DataError>([&] {
                    open({}, labels)->read(0, {0, 0, 1, 3});
                  }),
                  {"value 2 (4 pixels)"}));
  write(path("mask.tif"), mask[0].unsqueeze(0));
  EXPECT_TRUE(
      has(message_of<DataError>([&] { open({}, labels); }), {"has 1 band, and a multilabel mask has one"}));
  labels.task = Task::kClassification;
  EXPECT_THROW(open({}, labels), ConfigError);
}

TEST_F(RasterPairsTest, ManyThreadsReadAtOnce) {
  write(path("image.tif"), ramp(1, 64, 64));
  write(path("mask.tif"), torch::zeros({1, 64, 64}, torch::kUInt8));
  const auto source = open();
  std::vector<int> right(4, 0);
  {
    std::vector<std::jthread> threads;
    for (int& count : right) {
      threads.emplace_back([&] {
        for (std::int64_t row = 0; row < 60; ++row) {
          count += source->read(0, {row, 3, 4, 4}).image[0][0][0].item<int>() == row * 64 + 3;
        }
      });
    }
  }
  EXPECT_EQ(right, std::vector<int>(4, 60));
}

}  // namespace
}  // namespace nadir
