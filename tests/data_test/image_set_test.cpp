// Scenes of different size and ground resolution in one set.
#include "data/sources/image_set.h"

#include <gtest/gtest.h>

#include "data/sources/raster_pairs.h"
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

class ImageSetTest : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  // Left half land, dark; right half water, bright.
  void write_pair(const std::string& name, std::int64_t height, std::int64_t width, double pixel) {
    at::Tensor mask = torch::zeros({1, height, width}, torch::kUInt8);
    mask.narrow(2, width / 2, width - width / 2).fill_(1);
    write(path("image_" + name), mask.to(torch::kInt16) * 1000, {.geo = utm(pixel), .nodata = -1});
    write(path("mask_" + name), mask, {.geo = utm(pixel)});
  }
  std::shared_ptr<Source> open(const ImageConfig& image) {
    return make_raster_pairs({.images = {path("image_*.tif")}, .masks = {path("mask_*.tif")}, .image = image},
                             kLabels);
  }
  TemporaryFolder folder_;
};

TEST_F(ImageSetTest, ScenesOfAnySizeComeToOneResolution) {
  write_pair("a.tif", 30, 60, 10);
  write_pair("b.tif", 80, 40, 30);
  const auto source = open({.resolution = 20.0});
  const Scene& fine = source->scenes()[0];
  const Scene& coarse = source->scenes()[1];
  EXPECT_EQ(std::tuple(fine.height, fine.width), std::tuple(15, 30));
  EXPECT_EQ(std::tuple(coarse.height, coarse.width), std::tuple(120, 60));
  EXPECT_NEAR(*fine.resolution, 20, 1e-9);
  EXPECT_NEAR(*coarse.resolution, 20, 1e-9);
  EXPECT_EQ((*coarse.transform)[1], 20);
  const Sample sample = source->read(1, {10, 20, 40, 20});
  EXPECT_EQ(sample.image.sizes(), (std::vector<std::int64_t>{1, 40, 20}));
  EXPECT_TRUE(sample.target.narrow(1, 0, 10).eq(0).all().item<bool>());
  EXPECT_TRUE(sample.target.narrow(1, 10, 10).eq(1).all().item<bool>());
  EXPECT_EQ(sample.image[0][5][0].item<int>(), 0);
  EXPECT_EQ(sample.image[0][5][19].item<int>(), 1000);
  EXPECT_TRUE(source->read_target(1, {10, 20, 40, 20}).equal(sample.target));
}

TEST_F(ImageSetTest, SidesShrinkToWholeMultiples) {
  write_pair("a.tif", 40, 53, 10);
  const auto source = open({.resize_to_multiple = 16});
  EXPECT_EQ(std::tuple(source->scenes()[0].height, source->scenes()[0].width), std::tuple(32, 48));
  EXPECT_TRUE(has(message_of<ConfigError>([&] { open({.resize_to_multiple = 64}); }),
                  {"image_a.tif has a side of 40 pixels, less than 64"}));
}

TEST_F(ImageSetTest, NodataStaysNodata) {
  at::Tensor pixels = torch::full({1, 8, 8}, 100, torch::kInt16);
  pixels.narrow(1, 0, 4).fill_(-1);
  write(path("image_a.tif"), pixels, {.geo = utm(10), .nodata = -1});
  write(path("mask_a.tif"), torch::ones({1, 8, 8}, torch::kUInt8), {.geo = utm(10)});
  const Sample sample = open({.resolution = 20.0})->read(0, {0, 0, 4, 4});
  EXPECT_EQ(sample.valid.sum().item<int>(), 8);
  EXPECT_TRUE(sample.image[0].masked_select(sample.valid).eq(100).all().item<bool>());  // no mixture with -1
  EXPECT_TRUE(sample.target.masked_select(sample.valid.logical_not()).eq(kIgnore).all().item<bool>());
}

TEST_F(ImageSetTest, AResolutionWantsAPlaceOnTheGround) {
  write(path("image_a.tif"), torch::zeros({1, 8, 8}, torch::kInt16));
  write(path("mask_a.tif"), torch::zeros({1, 8, 8}, torch::kUInt8));
  EXPECT_TRUE(has(message_of<ConfigError>([&] { open({.resolution = 5.0}); }),
                  {"image_a.tif has no CRS or no transform"}));
}

}  // namespace
}  // namespace nadir
