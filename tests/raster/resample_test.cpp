// Resizing by windows: OpenCV's and GDAL's numbers, and windows that equal parts of the whole.
#include "raster/resample.h"

#include <gtest/gtest.h>

#include "golden.h"
#include "nadir/error.h"
#include "raster/small_rasters.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

using namespace testing;  // NOLINT: the tests' own helpers
using nlohmann::json;

json resize_golden() { return golden::read(golden::folder() / "resize.json"); }

// [1, 13, 18]
at::Tensor gray() { return golden::units("resize.gray", {1, 13, 18}).mul(256).floor().to(at::kByte); }

at::Tensor resized(const at::Tensor& pixels, std::int64_t height, std::int64_t width, Resampling method) {
  const ResizedGrid grid(pixels.size(1), pixels.size(2), height, width);
  const Window window{0, 0, height, width};
  const Window from = grid.source(window, method);
  const at::Tensor part =
      pixels.narrow(1, from.row, from.height).narrow(2, from.column, from.width).contiguous();
  return grid.resample(part, {}, from, window, method);
}

void expect_values(const at::Tensor& found, const json& expected) {
  const at::Tensor flat = found.to(at::kDouble).flatten();
  if (expected.is_array()) {
    const auto values = expected.get<std::vector<double>>();
    EXPECT_EQ(flat.ne(at::tensor(values, at::kDouble)).sum().item<std::int64_t>(), 0);
    return;
  }
  EXPECT_EQ(flat.sum().item<double>(), expected["sum"].get<double>());
  for (const json& sample : expected["samples"])
    EXPECT_EQ(flat[sample[0].get<std::int64_t>()].item<double>(), sample[1].get<double>());
}

TEST(ResampleTest, EqualsOpenCv) {
  const at::Tensor floats = golden::units("resize.float", {1, 13, 18}).to(at::kFloat);
  int compared = 0;
  const json entries = resize_golden();
  for (const json& entry : entries["resize"]) {
    const auto method = entry["method"].get<std::string>();
    if (method != "nearest_exact" && method != "lanczos4") continue;
    const auto how = method == "lanczos4" ? Resampling::kLanczos4 : Resampling::kNearest;
    const auto to = entry["to"].get<std::vector<std::int64_t>>();
    SCOPED_TRACE(method + " " + entry["to"].dump());
    expect_values(resized(gray(), to[0], to[1], how), entry["uint8"]);
    const at::Tensor found = resized(floats, to[0], to[1], how).flatten();
    for (const json& sample : entry["float32"]["samples"]) {
      EXPECT_NEAR(found[sample[0].get<std::int64_t>()].item<double>(), sample[1].get<double>(), 2e-5);
    }
    ++compared;
  }
  EXPECT_EQ(compared, 8);
}

// OpenCV 4.6 takes pixels 0, 2, 4 where the rule says 1, 3, 5.
TEST(ResampleTest, NearestTakesThePixelUnderTheCentre) {
  const at::Tensor line = at::arange(18).to(at::kByte).view({1, 1, 18});
  EXPECT_TRUE(resized(line, 1, 9, Resampling::kNearest).flatten().equal(at::arange(1, 18, 2).to(at::kByte)));
  const json labels = resize_golden()["label_map"];
  const at::Tensor map = golden::labels("resize.labels", {1, 13, 18}, 6).to(at::kByte);
  expect_values(resized(map, 7, 9, Resampling::kNearest), labels["nearest_exact (seed 004)"]);
}

TEST(ResampleTest, BilinearEqualsGdalWithinOne) {
  const json entry = resize_golden()["gdal_read"];
  at::Tensor pixels = golden::units("resize.gdal", {2, 40, 53}).mul(4000).floor();
  pixels.narrow(1, 10, 4).narrow(2, 5, 15).fill_(0);
  const at::Tensor found =
      resized(pixels.to(at::kUInt16), 32, 48, Resampling::kBilinear).to(at::kDouble).flatten();
  EXPECT_NEAR(found.sum().item<double>(), entry["bilinear"]["sum"].get<double>(), 3072);
  EXPECT_EQ(found.eq(0).sum().item<int>(), entry["bilinear"]["zeros"].get<int>());
  for (const json& sample : entry["bilinear"]["samples"]) {
    EXPECT_NEAR(found[sample[0].get<std::int64_t>()].item<double>(), sample[1].get<double>(), 1);
  }
}

TEST(ResampleTest, AWindowIsThatPartOfTheWhole) {
  RandomStream random(3);
  for (int round = 0; round < 60; ++round) {
    const std::int64_t height = 1 + random.below(40), width = 1 + random.below(40);
    const ResizedGrid grid(height, width, 1 + random.below(60), 1 + random.below(60));
    const at::Tensor pixels = at::rand({2, height, width}).mul(200).to(at::kByte);
    const at::Tensor valid = at::rand({height, width}).gt(0.3);
    for (const auto method : {Resampling::kNearest, Resampling::kBilinear, Resampling::kLanczos4}) {
      const auto read = [&](const Window& window) {
        const Window from = grid.source(window, method);
        EXPECT_TRUE((Window{0, 0, height, width}.contains(from)));
        const auto cut = [&](const at::Tensor& all) {
          return all.narrow(-2, from.row, from.height).narrow(-1, from.column, from.width);
        };
        const at::Tensor mask = round % 2 == 0 ? cut(valid) : at::Tensor();
        return grid.resample(cut(pixels), mask, from, window, method);
      };
      const at::Tensor whole_image = read({0, 0, grid.height(), grid.width()});
      Window window{random.below(grid.height()), random.below(grid.width()), 0, 0};
      window.height = 1 + random.below(grid.height() - window.row);
      window.width = 1 + random.below(grid.width() - window.column);
      EXPECT_TRUE(read(window).equal(
          whole_image.narrow(1, window.row, window.height).narrow(2, window.column, window.width)));
    }
  }
}

TEST(ResampleTest, PixelsWithoutDataWeighNothing) {
  const at::Tensor pixels = at::tensor({10, 10, 99, 20, 20, 99}).to(at::kShort).view({1, 1, 6});
  const at::Tensor valid = at::tensor({1, 1, 0, 1, 1, 0}).to(at::kBool).view({1, 6});
  const ResizedGrid grid(1, 6, 1, 2);
  const Window all{0, 0, 1, 6}, to{0, 0, 1, 2};
  const at::Tensor found = grid.resample(pixels, valid, all, to, Resampling::kBilinear);
  EXPECT_LT(found.max().item<int>(), 21);
  EXPECT_GE(found.min().item<int>(), 10);
  EXPECT_TRUE(grid.resample_valid(valid, all, to).equal(at::ones({1, 2}, at::kBool)));
  const at::Tensor none = at::zeros({1, 6}, at::kBool);
  EXPECT_EQ(grid.resample(pixels, none, all, to, Resampling::kBilinear)[0][0][1].item<int>(), 20);
}

class ResizeRasterTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
};

TEST_F(ResizeRasterTest, KeepsPlaceNamesAndNodata) {
  const at::Tensor pixels = at::arange(2 * 90 * 100).view({2, 90, 100}).to(at::kShort);
  const std::string in =
      write(folder_ / "in.tif", pixels, {.geo = utm(10), .nodata = -9, .band_names = {"red", "nir"}});
  resize_raster(in, {.height = 45, .width = 25, .method = "bilinear"}, folder_ / "out.tif");
  const RasterReader out((folder_ / "out.tif").string());
  EXPECT_EQ(std::tuple(out.info().height, out.info().width), std::tuple(45, 25));
  EXPECT_EQ(out.info().bands[1].name, "nir");
  EXPECT_EQ(out.info().bands[0].nodata, -9);
  EXPECT_EQ((*out.info().geo.transform)[1], 40);
  EXPECT_EQ((*out.info().geo.transform)[5], -20);
  EXPECT_TRUE(same_crs(out.info().geo, utm()));
  EXPECT_TRUE(out.read({3, 4, 5, 6})
                  .equal(resized(pixels, 45, 25, Resampling::kBilinear).narrow(1, 3, 5).narrow(2, 4, 6)));
}

TEST_F(ResizeRasterTest, MasksKeepTheirColoursAndGetNoNewValues) {
  const at::Tensor labels = golden::labels("resize.labels", {1, 13, 18}, 3).to(at::kByte);
  RasterLayout layout;
  layout.classes = {{"land", {1, 2, 3}}, {"water", {4, 5, 6}}, {"ice", {7, 8, 9}}};
  const std::string in = write(folder_ / "in.tif", labels, layout);
  resize_raster(in, {.height = 7, .width = 9, .method = "nearest"}, folder_ / "out.tif");
  const RasterReader out((folder_ / "out.tif").string());
  EXPECT_EQ(out.info().category_names[2], "ice");
  EXPECT_EQ(out.info().palette[1][2], 6);
  EXPECT_TRUE(out.read({0, 0, 7, 9}).equal(resized(labels, 7, 9, Resampling::kNearest)));
  EXPECT_TRUE(contains(
      message_of<ConfigError>([&] { resize_raster(in, {.height = 7, .width = 9}, folder_ / "x.tif"); }),
      "have no mean; resize it by nearest"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "x.tif"));
  EXPECT_TRUE(contains(message_of<ConfigError>([&] {
                         resize_raster(in, {.height = 7, .width = 9, .method = "cubic"}, folder_ / "x.tif");
                       }),
                       "use lanczos4, bilinear or nearest"));
}

}  // namespace
}  // namespace nadir
