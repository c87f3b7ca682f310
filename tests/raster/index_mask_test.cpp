#include <gtest/gtest.h>
#include <torch/types.h>

#include "raster/index_share.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

// 300 rows (more than are read at a time): band 1 is 100 everywhere, band 2 is 20 in the left half, 180 in
// the right, so that NDWI of (1, 2) is 2/3 there and -2/7 here. The last row is nodata.
std::string write_halves(const TemporaryFolder& folder) {
  torch::Tensor pixels = torch::full({2, 300, 40}, 100, torch::kUInt8);
  pixels[1].narrow(1, 0, 20).fill_(20);
  pixels[1].narrow(1, 20, 20).fill_(180);
  pixels.narrow(1, 299, 1).fill_(0);
  RasterLayout layout;
  layout.height = 300;
  layout.width = 40;
  layout.bands = 2;
  layout.nodata = 0;
  layout.geo.transform = {500000, 10, 0, 9000000, 0, -10};
  RasterWriter writer(folder / "halves.tif", layout);
  writer.write({0, 0, 300, 40}, pixels);
  writer.finish();
  return (folder / "halves.tif").string();
}

TEST(IndexMaskTest, SplitsWhereOtsuDoesAndKeepsNodata) {
  const TemporaryFolder folder;
  IndexMaskOptions options;
  options.index = "ndwi";
  options.bands = {{"green", 1}, {"nir", 2}};
  options.classes = {{"land", {1, 2, 3}}, {"water", {4, 5, 6}}};
  const IndexMaskSummary summary = write_index_mask(write_halves(folder), options, folder / "mask.tif");
  EXPECT_GT(summary.threshold, -2.0 / 7);
  EXPECT_LT(summary.threshold, 2.0 / 3);
  EXPECT_EQ(summary.above, 299 * 20);
  EXPECT_EQ(summary.below, 299 * 20);
  EXPECT_EQ(summary.unknown, 40);

  const RasterReader mask((folder / "mask.tif").string());
  EXPECT_TRUE(same_grid(mask.info().geo, RasterReader((folder / "halves.tif").string()).info().geo));
  EXPECT_EQ(mask.info().bands.at(0).nodata, 255.0);
  EXPECT_EQ(mask.info().category_names.at(1), "water");
  const torch::Tensor values = mask.read({0, 0, 300, 40})[0];
  EXPECT_TRUE(values.narrow(0, 0, 299).narrow(1, 0, 20).eq(1).all().item<bool>());
  EXPECT_TRUE(values.narrow(0, 0, 299).narrow(1, 20, 20).eq(0).all().item<bool>());
  EXPECT_TRUE(values[299].eq(255).all().item<bool>());
}

TEST(IndexShareTest, CountsPixelsThatHaveAValue) {
  const TemporaryFolder folder;
  IndexMaskOptions options{
      .index = "ndwi", .bands = {{"green", 1}, {"nir", 2}}, .threshold = 0, .classes = {}};
  EXPECT_EQ(index_share(write_halves(folder), options), 0.5);
  options.threshold = -0.5;
  EXPECT_EQ(index_share(write_halves(folder), options), 1);
}

TEST(IndexMaskTest, AGivenThresholdIsUsedAsItIs) {
  const TemporaryFolder folder;
  IndexMaskOptions options;
  options.index = "ndwi";
  options.bands = {{"green", 1}, {"nir", 2}};
  options.threshold = 0.7;  // above 2/3
  const IndexMaskSummary summary = write_index_mask(write_halves(folder), options, folder / "mask.tif");
  EXPECT_EQ(summary.threshold, 0.7);
  EXPECT_EQ(summary.above, 0);
}

TEST(IndexMaskTest, MistakesAreNamed) {
  const TemporaryFolder folder;
  const std::string image = write_halves(folder);
  const auto error = [&](IndexMaskOptions options) {
    try {
      write_index_mask(image, options, folder / "mask.tif");
    } catch (const Error& problem) {
      return std::string(problem.what());
    }
    return std::string("no error");
  };
  IndexMaskOptions options;
  options.index = "mndwi";
  options.bands = {{"green", 1}};
  EXPECT_NE(error(options).find("needs the band 'swir1'"), std::string::npos);
  options.bands["swir1"] = 9;
  EXPECT_NE(error(options).find("9"), std::string::npos);
  options.bands["swir1"] = 1;  // the same band twice: 0 everywhere, and no threshold
  EXPECT_NE(error(options).find("one value everywhere"), std::string::npos);
  options.index = "mdnwi";
  EXPECT_NE(error(options).find("mndwi"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder / "mask.tif"));
}

}  // namespace
}  // namespace nadir
