// Windows, types, masks and refusals of RasterReader.
#include <gtest/gtest.h>

#include <limits>

#include "nadir/raster.h"
#include "raster/raster_file.h"
#include "raster/small_rasters.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

using namespace testing;  // NOLINT: the tests' own helpers

at::Tensor ramp(std::int64_t bands, std::int64_t height, std::int64_t width) {
  return at::arange(bands * height * width, at::kDouble).reshape({bands, height, width});
}

TEST(RasterReader, ReadsWindowsOfChosenBandsInTheirOrder) {
  const TemporaryFolder folder;
  const at::Tensor pixels = ramp(3, 50, 70).remainder(251).to(at::kByte);
  const RasterReader reader(write(folder / "a.tif", pixels, {.tile = 16}));
  const at::Tensor window = reader.read({7, 11, 30, 41}, {3, 1});
  const at::Tensor expected = at::stack({pixels[2], pixels[0]}).slice(1, 7, 37).slice(2, 11, 52);
  EXPECT_TRUE(same_pixels(window, expected));
  EXPECT_TRUE(same_pixels(reader.read({0, 0, 50, 70}), pixels));
}

struct TypeCase {
  GDALDataType written;
  at::ScalarType read;
  double low, high;
};

class EveryType : public ::testing::TestWithParam<TypeCase> {};

TEST_P(EveryType, IsReadWithItsExtremes) {
  const auto [written, read, low, high] = GetParam();
  const TemporaryFolder folder;
  const at::Tensor values = at::tensor({low, high, 1.0, 0.0}, at::kDouble).reshape({1, 2, 2});
  make_with_gdal(folder / "a.tif", written, values);
  const RasterReader reader((folder / "a.tif").string());
  EXPECT_EQ(reader.info().type, read);
  EXPECT_EQ(reader.info().type_name, GDALGetDataTypeName(written));
  const at::Tensor pixels = reader.read({0, 0, 2, 2});
  EXPECT_EQ(pixels.scalar_type(), read);
  EXPECT_TRUE(pixels.to(at::kDouble).equal(values));
  EXPECT_FALSE(reader.read_valid({0, 0, 2, 2}).defined());
}

INSTANTIATE_TEST_SUITE_P(Types, EveryType,
                         ::testing::Values(TypeCase{GDT_Byte, at::kByte, 0, 255},
                                           TypeCase{GDT_UInt16, at::kUInt16, 0, 65535},
                                           TypeCase{GDT_Int16, at::kShort, -32768, 32767},
                                           TypeCase{GDT_Int32, at::kFloat, -2147483648.0, 65536},
                                           TypeCase{GDT_UInt32, at::kFloat, 0, 16777216},
                                           TypeCase{GDT_Float32, at::kFloat, -1.5, 3.25e38F},
                                           TypeCase{GDT_Float64, at::kFloat, -0.125, 1e10},
                                           TypeCase{GDT_CFloat32, at::kFloat, -0.5, 7}));

TEST(RasterReader, KeepsTheSignOfInt8) {
  const TemporaryFolder folder;
#if GDAL_VERSION_NUM >= GDAL_COMPUTE_VERSION(3, 7, 0)
  make_with_gdal(folder / "a.tif", GDT_Int8, at::tensor({0.0, 127.0, -128.0, -1.0}).reshape({1, 2, 2}));
#else
  const at::Tensor bits = at::tensor({0.0, 127.0, 128.0, 255.0}).reshape({1, 2, 2});
  make_with_gdal(folder / "a.tif", GDT_Byte, bits, {"PIXELTYPE=SIGNEDBYTE"});
#endif
  const RasterReader reader((folder / "a.tif").string());
  EXPECT_EQ(reader.info().type_name, "Int8");
  const at::Tensor expected = at::tensor({0, 127, -128, -1}, at::kShort).reshape({1, 2, 2});
  EXPECT_TRUE(reader.read({0, 0, 2, 2}).equal(expected));
}

at::Tensor valid_of(const std::filesystem::path& path, const std::vector<std::int64_t>& bands = {}) {
  const RasterReader reader(path.string());
  return reader.read_valid(whole(reader.info()), bands);
}

TEST(ReadValid, FollowsTheNodataOfTheChosenBandsOnly) {
  const TemporaryFolder folder;
  const at::Tensor pixels = at::tensor({7, 1, 2, 3, 4, 7, 5, 6}, at::kByte).reshape({2, 2, 2});
  write(folder / "a.tif", pixels, {.nodata = 7});
  EXPECT_TRUE(valid_of(folder / "a.tif").equal(at::tensor({0, 0, 1, 1}).reshape({2, 2}).to(at::kBool)));
  EXPECT_TRUE(valid_of(folder / "a.tif", {1}).equal(at::tensor({0, 1, 1, 1}).reshape({2, 2}).to(at::kBool)));
}

TEST(ReadValid, IsUndefinedWhenEveryPixelHoldsData) {
  const TemporaryFolder folder;
  write(folder / "a.tif", at::ones({1, 4, 4}, at::kByte), {.nodata = 0});
  EXPECT_FALSE(valid_of(folder / "a.tif").defined());
}

TEST(ReadValid, TakesNanAndInfinityForHoles) {
  const TemporaryFolder folder;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  const at::Tensor pixels = at::tensor({1.F, nan, infinity, 2.F}).reshape({1, 2, 2});
  const at::Tensor expected = at::tensor({1, 0, 0, 1}).reshape({2, 2}).to(at::kBool);
  write(folder / "plain.tif", pixels);
  write(folder / "nodata.tif", pixels, {.nodata = nan});
  EXPECT_TRUE(valid_of(folder / "plain.tif").equal(expected));
  EXPECT_TRUE(valid_of(folder / "nodata.tif").equal(expected));
}

TEST(ReadValid, IgnoresNodataThatTheTypeCannotHold) {
  const TemporaryFolder folder;
  for (const double nodata : {-9999.0, 0.5, 256.0, std::nan("")}) {
    const auto dataset = make_with_gdal(folder / "a.tif", GDT_Byte, at::zeros({1, 4, 4}));
    dataset->GetRasterBand(1)->SetNoDataValue(nodata);
    dataset->FlushCache(true);
    EXPECT_FALSE(valid_of(folder / "a.tif").defined()) << nodata;
  }
}

TEST(ReadValid, FollowsAMaskBand) {
  const TemporaryFolder folder;
  const at::Tensor mask = at::tensor({255, 0, 255, 255}, at::kByte);
  {
    const auto dataset = make_with_gdal(folder / "a.tif", GDT_Byte, at::ones({3, 2, 2}));
    ASSERT_EQ(dataset->CreateMaskBand(GMF_PER_DATASET), CE_None);
    ASSERT_EQ(dataset->GetRasterBand(1)->GetMaskBand()->RasterIO(GF_Write, 0, 0, 2, 2, mask.data_ptr(), 2, 2,
                                                                 GDT_Byte, 0, 0, nullptr),
              CE_None);
  }
  EXPECT_TRUE(RasterReader((folder / "a.tif").string()).info().has_mask);
  EXPECT_TRUE(valid_of(folder / "a.tif").equal(mask.ne(0).reshape({2, 2})));
}

TEST(ReadValid, FollowsAlphaWhateverTheNumberOfBands) {
  const TemporaryFolder folder;
  for (const std::int64_t bands : {2, 4, 6}) {
    at::Tensor values = at::ones({bands, 2, 2}) * 200;
    values[1][1][0] = 0;
    values[1][1][1] = 1;
    make_with_gdal(folder / "a.tif", GDT_UInt16, values, {"ALPHA=YES"});
    EXPECT_TRUE(RasterReader((folder / "a.tif").string()).info().has_mask);
    const at::Tensor expected = at::tensor({1, 1, 0, 1}).reshape({2, 2}).to(at::kBool);
    EXPECT_TRUE(valid_of(folder / "a.tif", {1}).equal(expected)) << bands;
  }
}

TEST(RasterReader, ShrinksForPicturesWithoutMixingNodata) {
  const TemporaryFolder folder;
  at::Tensor pixels = at::full({1, 64, 32}, 100, at::kByte);
  pixels[0].slice(0, 0, 1).fill_(0);
  const RasterReader reader(write(folder / "a.tif", pixels, {.nodata = 0}));
  const at::Tensor picture = reader.read_overview(16);
  EXPECT_EQ(picture.sizes(), at::IntArrayRef({1, 16, 8}));
  EXPECT_TRUE(picture.eq(100).all().item<bool>());
  EXPECT_EQ(reader.read_overview(1000).sizes(), at::IntArrayRef({1, 64, 32}));
}

TEST(RasterReader, NeverMixesClassesInAPicture) {
  const TemporaryFolder folder;
  const at::Tensor checkers = at::arange(64 * 64).reshape({1, 64, 64}).remainder(2).mul(2).to(at::kByte);
  RasterLayout layout;
  layout.classes = {{"a", {1, 2, 3}}, {"b", {4, 5, 6}}, {"c", {7, 8, 9}}};
  const at::Tensor picture = RasterReader(write(folder / "a.tif", checkers, layout)).read_overview(10);
  EXPECT_FALSE(picture.eq(1).any().item<bool>());
}

TEST(RasterReader, ReadsTheLandsatScene) {
  const RasterReader reader(NADIR_TEST_DATA "/landsat/L7_ETMs.tif");
  const RasterInfo& info = reader.info();
  EXPECT_EQ(info.bands.size(), 6U);
  EXPECT_EQ(info.height, 352);
  EXPECT_EQ(info.width, 349);
  EXPECT_TRUE(contains(info.geo.crs, "UTM zone 25S"));
  EXPECT_NEAR(info.geo.transform->at(1), 28.5, 1e-6);
  EXPECT_FALSE(reader.read_valid(whole(info)).defined());
  EXPECT_EQ(reader.read_overview(100, {3, 2, 1}).sizes(), at::IntArrayRef({3, 100, 99}));
}

TEST(RasterReader, TellsWhyARasterCannotBeOpened) {
  const TemporaryFolder folder;
  const auto refusal = [](const std::filesystem::path& path) {
    return message_of<DataError>([&] { RasterReader reader(path.string()); });
  };
  std::ofstream(folder / "notes.txt") << "no raster\n";
  std::ofstream(folder / "empty.tif");
  EXPECT_TRUE(contains(refusal(folder / "none.tif"), "none.tif: no such file"));
  EXPECT_TRUE(contains(refusal(folder / "notes.txt"), "is not a raster"));
  EXPECT_TRUE(contains(refusal(folder / "empty.tif"), "empty file"));
  EXPECT_TRUE(contains(refusal(folder.path()), "is a folder"));
}

TEST(RasterReader, NamesTheWindowThatATruncatedFileLacks) {
  const TemporaryFolder folder;
  const std::string path = write(folder / "a.tif", at::randint(0, 255, {1, 256, 256}).to(at::kByte),
                                 {.compress = "none", .tile = 64, .overviews = false});
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1000);
  const RasterReader reader(path);
  EXPECT_NO_THROW(reader.read({0, 0, 64, 64}));
  const std::string message = message_of<DataError>([&] { reader.read({192, 192, 64, 64}); });
  EXPECT_TRUE(contains(message, path));
  EXPECT_TRUE(contains(message, "rows 192..255, columns 192..255"));
  EXPECT_TRUE(contains(message, "truncated or corrupt"));
  std::filesystem::resize_file(path, 100);
  const std::string headless = message_of<DataError>([&] { RasterReader cut(path); });
  EXPECT_TRUE(contains(headless, "truncated or corrupt")) << headless;
}

TEST(RasterReader, RefusesAJpegWithoutItsEnd) {
  const TemporaryFolder folder;
  const std::string jpeg = encode_jpeg(at::randint(0, 255, {200, 200, 3}).to(at::kByte));
  std::ofstream(folder / "a.jpg", std::ios::binary).write(jpeg.data(), std::ssize(jpeg) / 2);
  const RasterReader reader((folder / "a.jpg").string());
  EXPECT_TRUE(contains(message_of<DataError>([&] {
                         reader.read({0, 0, 200, 200});
                       }),
                       "truncated or corrupt"));
}

TEST(RasterReader, SaysHowManyBandsThereAre) {
  const TemporaryFolder folder;
  const RasterReader reader(write(folder / "a.tif", at::zeros({3, 8, 8}, at::kByte)));
  for (const std::int64_t band : {0, 4, -1}) {
    const std::string message = message_of<ConfigError>([&] { reader.read({0, 0, 8, 8}, {band}); });
    EXPECT_TRUE(contains(message, "band " + std::to_string(band) + " is out of range")) << message;
    EXPECT_TRUE(contains(message, "3 bands"));
  }
}

TEST(RasterReader, TakesAWindowOutsideForABug) {
  const TemporaryFolder folder;
  const RasterReader reader(write(folder / "a.tif", at::zeros({1, 8, 8}, at::kByte)));
  EXPECT_THROW(reader.read({0, 0, 9, 8}), std::logic_error);
  EXPECT_THROW(reader.read({-1, 0, 4, 4}), std::logic_error);
  EXPECT_THROW(reader.read({0, 0, 0, 4}), std::logic_error);
}

class UnevenBand final : public GDALRasterBand {
 public:
  // After the data set, which would give it its own size.
  void resize(int height, int width) {
    nRasterYSize = height;
    nRasterXSize = width;
  }
  CPLErr IReadBlock(int, int, void*) override { return CE_Failure; }
};

class UnevenDataset final : public GDALDataset {
 public:
  UnevenDataset() { nRasterYSize = nRasterXSize = 8; }
  void add(int height, int width) {
    auto band = std::make_unique<UnevenBand>();
    UnevenBand& added = *band;
    SetBand(nBands + 1, band.release());  // GDAL owns it
    added.resize(height, width);
  }
};

TEST(DescribeRaster, RefusesRastersWithoutBandsOrWithBandsOfDifferentSizes) {
  UnevenDataset dataset;
  const auto refusal = [&] { return message_of<DataError>([&] { describe_raster(dataset, "a.jp2"); }); };
  EXPECT_EQ(refusal(), "a.jp2: has no bands");
  dataset.add(8, 8);
  dataset.add(4, 4);
  EXPECT_TRUE(contains(refusal(), "a.jp2: band 2 is 4 x 4 pixels, the raster 8 x 8")) << refusal();
}

}  // namespace
}  // namespace nadir
