// Labels from masked copies, and study 003's way with them.
#include "data/sources/masked_copy.h"

#include <gtest/gtest.h>

#include "data/sources/column_scaling.h"
#include "data/sources/raster_pairs.h"
#include "data_test/messages.h"
#include "golden.h"
#include "raster/small_rasters.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

using nadir::testing::write;

const LabelSpec kLabels{
    Task::kMulticlass,
    {{.name = "land", .color = "#000000", .value = 0}, {.name = "water", .color = "#0000ff", .value = 1}}};

class MaskedCopyTest : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  RasterPairsConfig config() const {
    RasterPairsConfig result{.images = {path("image.tif")}, .masks = {path("copy.tif")}};
    result.mask.labels = "masked_copy";
    return result;
  }
  TemporaryFolder folder_;
};

TEST_F(MaskedCopyTest, PixelsThatHoldTheValueInAllBandsAreLabelled) {
  at::Tensor image = torch::arange(1, 13).to(torch::kUInt16).view({2, 2, 3});
  write(path("image.tif"), image, {.nodata = 0});
  at::Tensor copy = image.to(torch::kInt32);
  copy.select(2, 1).fill_(0);  // the middle column is water
  copy[0][0][0] = 1;
  write(path("copy.tif"), copy.to(torch::kUInt16), {.nodata = 0});  // as the export declares it
  const auto source = make_raster_pairs(config(), kLabels);
  EXPECT_TRUE(
      source->read(0, {0, 0, 2, 3}).target.equal(torch::tensor({{0, 1, 0}, {0, 1, 0}}).to(torch::kUInt8)));
  RasterPairsConfig turned = config();
  turned.copy.label_class = "land";
  EXPECT_EQ(make_raster_pairs(turned, kLabels)->read_target(0, {0, 0, 2, 3}).sum().item<int>(), 4);
}

TEST_F(MaskedCopyTest, WhatCannotBeToldIsIgnoredAndWhatIsNoCopyRefused) {
  const at::Tensor image = torch::tensor({0, 5, 6, 0, 7, 8}).to(torch::kUInt8).view({2, 1, 3});
  write(path("image.tif"), image);
  write(path("copy.tif"), torch::tensor({0, 0, 6, 0, 0, 8}).to(torch::kUInt8).view({2, 1, 3}));
  const auto source = make_raster_pairs(config(), kLabels);
  EXPECT_TRUE(source->read(0, {0, 0, 1, 3}).target.equal(torch::tensor({{255, 1, 0}}).to(torch::kUInt8)));
  write(path("copy.tif"), torch::tensor({0, 0, 6, 0, 0, 9}).to(torch::kUInt8).view({2, 1, 3}));
  EXPECT_TRUE(has(message_of<DataError>([&] {
                    make_raster_pairs(config(), kLabels)->read(0, {0, 0, 1, 3});
                  }),
                  {"copy.tif, rows 0..0, columns 0..2: is no copy of the image: 1 pixel is neither"}));
  write(path("copy.tif"), torch::zeros({1, 1, 3}, torch::kUInt8));
  EXPECT_TRUE(has(message_of<DataError>([&] { make_raster_pairs(config(), kLabels); }),
                  {"copy.tif: has 1 band of Byte, and the image that it is a masked copy of"}));
  LabelSpec three = kLabels;
  three.classes.push_back({.name = "ice", .color = "#ffffff", .value = 2});
  EXPECT_TRUE(has(message_of<ConfigError>([&] { make_raster_pairs(config(), three); }),
                  {"tells two classes apart, and there are 3 classes"}));
}

// contradictions.md, study 003: scaling runs along image columns over all rows and bands.
TEST(ColumnScalingTest, EqualsTheStudysCode) {
  const nlohmann::json golden = golden::read(golden::folder() / "resize.json")["min_max_seed003"];
  torch::Tensor bands = golden::units("resize.bands", {3, 6, 8}).mul(3000).floor();
  bands = bands * torch::arange(1, 4).view({3, 1, 1}) + 100;
  bands[1][2][3] = std::numeric_limits<double>::quiet_NaN();
  ColumnRanges ranges;
  const ColumnRange range = ranges.of(0, 6, 8, [&](const Window& w) {
    return bands.narrow(1, w.row, w.height).narrow(2, w.column, w.width);
  });
  const torch::Tensor found = scale_columns(bands, range, 0).permute({1, 2, 0}).flatten().to(torch::kFloat64);
  const nlohmann::json& expected = golden["as the seed runs"];
  EXPECT_NEAR(found.sum().item<double>(), expected["sum"].get<double>(), 1e-4);
  for (const auto& sample : expected["samples"]) {
    EXPECT_NEAR(found[sample[0].get<std::int64_t>()].item<double>(), sample[1].get<double>(), 1e-6);
  }
  const torch::Tensor part = scale_columns(bands.narrow(2, 3, 4), range, 3);
  EXPECT_TRUE(part.equal(scale_columns(bands, range, 0).narrow(2, 3, 4)));
}

TEST_F(MaskedCopyTest, Study003LabelsTheDarkestPixelOfColumnsWithoutWater) {
  // Columns: with water (copy 0), without (its least value becomes water, as the study's scaling has it).
  const at::Tensor image = torch::tensor({9, 7, 8, 6, 5, 30}).to(torch::kUInt8).view({1, 3, 2});
  write(path("image.tif"), image);
  write(path("copy.tif"), torch::tensor({0, 7, 0, 6, 5, 30}).to(torch::kUInt8).view({1, 3, 2}));
  RasterPairsConfig study = config();
  study.flavour = "study003";
  const Sample sample = make_raster_pairs(study, kLabels)->read(0, {0, 0, 3, 2});
  EXPECT_TRUE(sample.target.equal(torch::tensor({{1, 0}, {1, 1}, {0, 0}}).to(torch::kUInt8)))
      << sample.target;
  EXPECT_EQ(sample.image.scalar_type(), torch::kFloat32);
  EXPECT_FLOAT_EQ(sample.image[0][1][0].item<float>(), 0.75F);  // (8 - 5) / (9 - 5)
  study.mask.labels = "value";
  EXPECT_THROW(study.validate(), ConfigError);
}

}  // namespace
}  // namespace nadir
