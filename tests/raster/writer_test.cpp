// What RasterWriter writes comes back whole, or not at all.
#include <gtest/gtest.h>

#include "nadir/raster.h"
#include "raster/file_size_limit.h"
#include "raster/small_rasters.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

using namespace testing;  // NOLINT: the tests' own helpers

std::int64_t files_in(const std::filesystem::path& folder) {
  return std::distance(std::filesystem::directory_iterator(folder), {});
}

class EveryPixelType : public ::testing::TestWithParam<at::ScalarType> {};

TEST_P(EveryPixelType, ComesBackUnderEveryCompression) {
  const TemporaryFolder folder;
  const at::Tensor pixels = at::randint(0, 30000, {5, 70, 90}).to(GetParam());
  for (const char* compress : {"deflate", "zstd", "lzw", "none"}) {
    const RasterReader reader(
        write(folder / "a.tif", pixels, {.geo = utm(), .compress = compress, .tile = 32}));
    EXPECT_TRUE(same_pixels(reader.read(whole(reader.info())), pixels)) << compress;
    EXPECT_TRUE(same_grid(reader.info().geo, utm()));
    EXPECT_FALSE(reader.info().has_mask);
  }
}

INSTANTIATE_TEST_SUITE_P(Types, EveryPixelType,
                         ::testing::Values(at::kByte, at::kUInt16, at::kShort, at::kFloat));

TEST(RasterWriter, KeepsNamesNodataAndMetadata) {
  const TemporaryFolder folder;
  RasterLayout layout{
      .nodata = -1, .band_names = {"green", "near infrared"}, .metadata = {{"MODEL", "unet"}}};
  const std::string path = write(folder / "a.tif", at::zeros({2, 20, 20}, at::kShort), layout);
  const RasterReader reader(path);
  EXPECT_EQ(reader.info().bands[0].name, "green");
  EXPECT_EQ(reader.info().bands[1].name, "near infrared");
  EXPECT_EQ(reader.info().bands[1].nodata, -1);
  const GDALDatasetUniquePtr dataset(GDALDataset::Open(path.c_str()));
  EXPECT_STREQ(dataset->GetMetadataItem("MODEL"), "unet");
}

RasterLayout class_layout() {
  RasterLayout layout{.geo = utm(), .nodata = 255};
  layout.classes = {{"land", {181, 154, 106}}, {"water", {31, 111, 235}}};
  return layout;
}

TEST(RasterWriter, KeepsColoursAndClassNamesEvenWithoutTheSideCar) {
  const TemporaryFolder folder;
  const std::string path = write(folder / "a.tif", at::ones({1, 20, 20}, at::kByte), class_layout());
  const std::vector<std::string> names{"land", "water"};
  const RasterInfo info = RasterReader(path).info();
  EXPECT_EQ(info.category_names, names);
  EXPECT_EQ(info.palette.at(0), (std::array<std::uint8_t, 4>{181, 154, 106, 255}));
  EXPECT_EQ(info.palette.at(1), (std::array<std::uint8_t, 4>{31, 111, 235, 255}));
  EXPECT_EQ(info.bands[0].nodata, 255);
  {
    const GDALDatasetUniquePtr dataset(GDALDataset::Open(path.c_str()));
    dataset->GetSpatialRef();  // GDAL 3.6 looks at side-cars then, not when asked for names
    char** categories = dataset->GetRasterBand(1)->GetCategoryNames();
    ASSERT_NE(categories, nullptr);
    EXPECT_STREQ(categories[1], "water");
  }
  EXPECT_EQ(files_in(folder.path()), 2);
  std::filesystem::remove(path + ".aux.xml");
  EXPECT_EQ(RasterReader(path).info().category_names, names);
}

TEST(RasterWriter, RemovesSideCarsOfTheRasterItReplaces) {
  const TemporaryFolder folder;
  const std::string path = write(folder / "a.tif", at::ones({1, 20, 20}, at::kByte), class_layout());
  std::ofstream(path + ".ovr") << "old";
  write(folder / "a.tif", at::ones({1, 20, 20}, at::kByte));
  EXPECT_TRUE(RasterReader(path).info().category_names.empty());
  EXPECT_EQ(files_in(folder.path()), 1);
}

TEST(RasterWriter, TilesCompressesAndAddsOverviews) {
  const TemporaryFolder folder;
  const at::Tensor stripes = at::arange(1100).remainder(2).mul(200).to(at::kByte).expand({1, 600, 1100});
  const std::string averaged = write(folder / "a.tif", stripes);
  const std::string classes =
      write(folder / "c.tif", stripes.div(200, "floor").to(at::kByte), class_layout());
  for (const std::string& path : {averaged, classes}) {
    const GDALDatasetUniquePtr dataset(GDALDataset::Open(path.c_str()));
    GDALRasterBand& band = *dataset->GetRasterBand(1);
    int width = 0, height = 0;
    band.GetBlockSize(&width, &height);
    EXPECT_EQ(width, 512);
    EXPECT_EQ(height, 512);
    EXPECT_STREQ(dataset->GetMetadataItem("COMPRESSION", "IMAGE_STRUCTURE"), "DEFLATE");
    ASSERT_EQ(band.GetOverviewCount(), 2);
    EXPECT_EQ(band.GetOverview(1)->GetYSize(), 150);
    std::uint8_t pixel = 0;
    ASSERT_EQ(band.GetOverview(0)->RasterIO(GF_Read, 5, 5, 1, 1, &pixel, 1, 1, GDT_Byte, 0, 0, nullptr),
              CE_None);
    EXPECT_TRUE(path == averaged ? pixel == 100 : pixel <= 1) << int{pixel};
  }
  EXPECT_FALSE(std::filesystem::exists(averaged + ".ovr"));
}

TEST(RasterWriter, TakesWindowsInAnyOrder) {
  const TemporaryFolder folder;
  const at::Tensor pixels = at::randint(0, 60000, {2, 100, 130}).to(at::kUInt16);
  RasterWriter writer(folder / "a.tif",
                      {.height = 100, .width = 130, .bands = 2, .type = at::kUInt16, .tile = 16});
  for (const std::int64_t row : {50, 0, 75, 25}) {
    for (const std::int64_t column : {65, 0}) {
      const Window window{row, column, 25, 65};
      writer.write(window, pixels.slice(1, row, row + 25).slice(2, column, column + 65));
    }
  }
  writer.finish();
  EXPECT_TRUE(same_pixels(RasterReader((folder / "a.tif").string()).read({0, 0, 100, 130}), pixels));
}

TEST(RasterWriter, LeavesNoTraceWhenItIsGivenUp) {
  const TemporaryFolder folder;
  const std::string path = write(folder / "a.tif", at::full({1, 20, 20}, 3, at::kByte));
  {
    RasterLayout layout = class_layout();
    layout.height = layout.width = 20;
    RasterWriter writer(folder / "a.tif", layout);
    writer.write({0, 0, 20, 20}, at::ones({1, 20, 20}, at::kByte));
  }
  EXPECT_EQ(files_in(folder.path()), 1);
  EXPECT_EQ(RasterReader(path).read({5, 5, 1, 1}).item<int>(), 3);
}

// The limit falls on the first block, on later ones, on the directory at the end and into the overviews.
TEST(RasterWriter, KeepsTheOldFileWhereverTheDiskFillsUp) {
  const TemporaryFolder folder;
  const at::Tensor pixels = at::randint(0, 255, {1, 600, 600}).to(at::kByte);
  const auto big = static_cast<rlim_t>(std::filesystem::file_size(write(folder / "big.tif", pixels)));
  const std::string path = write(folder / "a.tif", at::full({1, 20, 20}, 3, at::kByte));
  for (rlim_t part = 0; part < 16; ++part) {
    const rlim_t bytes = part == 15 ? big - 1 : big * part / 15;
    std::string message;
    {
      const FileSizeLimit limit(bytes);
      message = message_of<DataError>([&] { write(folder / "a.tif", pixels); });
    }
    EXPECT_TRUE(contains(message, "cannot be written")) << bytes << " of " << big << ": " << message;
    EXPECT_TRUE(contains(message, "the old file stays as it was")) << message;
    EXPECT_EQ(files_in(folder.path()), 2);
    EXPECT_EQ(RasterReader(path).read({5, 5, 1, 1}).item<int>(), 3);
  }
}

TEST(RasterWriter, RefusesAFolderItCannotMake) {
  const TemporaryFolder folder;
  std::ofstream(folder / "file") << "in the way";
  const auto call = [&] { write(folder / "file" / "a.tif", at::zeros({1, 4, 4}, at::kByte)); };
  EXPECT_TRUE(contains(message_of<DataError>(call), "the folder cannot be made"));
}

TEST(RasterWriter, RefusesLayoutsThatNoGeoTiffHas) {
  const TemporaryFolder folder;
  const auto refusal = [&](const RasterLayout& layout) {
    return message_of<ConfigError>([&] { RasterWriter writer(folder / "a.tif", layout); });
  };
  EXPECT_TRUE(contains(refusal({.height = 4, .width = 4, .compress = "zip"}), "deflate, "));
  EXPECT_TRUE(contains(refusal({.height = 4, .width = 4, .tile = 100}), "multiple of 16"));
  EXPECT_TRUE(contains(refusal({.height = 0, .width = 4}), "0 x 4"));
  EXPECT_TRUE(contains(refusal({.height = 4, .width = 4, .type = at::kDouble}), "float32"));
  EXPECT_TRUE(
      contains(refusal({.height = 4, .width = 4, .bands = 2, .band_names = {"a"}}), "1 band name for"));
  EXPECT_EQ(files_in(folder.path()), 0);
}

TEST(RasterWriter, TakesPixelsThatDoNotFitForABug) {
  const TemporaryFolder folder;
  RasterWriter writer(folder / "a.tif", {.height = 8, .width = 8});
  EXPECT_THROW(writer.write({0, 0, 8, 8}, at::zeros({1, 8, 8})), std::logic_error);
  EXPECT_THROW(writer.write({0, 0, 8, 8}, at::zeros({1, 8, 7}, at::kByte)), std::logic_error);
  EXPECT_THROW(writer.write({4, 4, 8, 8}, at::zeros({1, 8, 8}, at::kByte)), std::logic_error);
  writer.finish();
  EXPECT_THROW(writer.finish(), std::logic_error);
}

}  // namespace
}  // namespace nadir
