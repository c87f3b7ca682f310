// Pictures in memory, for reports.
#include <gtest/gtest.h>

#include "nadir/raster.h"
#include "raster/small_rasters.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

using namespace testing;  // NOLINT: the tests' own helpers

at::Tensor decode(const std::string& bytes, const std::string& suffix) {
  const TemporaryFolder folder;
  const std::string path = folder / ("picture" + suffix);
  std::ofstream(path, std::ios::binary).write(bytes.data(), std::ssize(bytes));
  const RasterReader reader(path);
  return reader.read(whole(reader.info()));
}

TEST(EncodePng, LosesNothing) {
  const at::Tensor color = at::randint(0, 256, {37, 53, 3}).to(at::kByte);
  EXPECT_TRUE(decode(encode_png(color), ".png").equal(color.permute({2, 0, 1})));
  const at::Tensor gray = at::randint(0, 256, {1, 200}).to(at::kByte);
  EXPECT_TRUE(decode(encode_png(gray), ".png").equal(gray.unsqueeze(0)));
}

TEST(EncodePng, TakesTensorsThatAreNotContiguous) {
  const at::Tensor planes = at::randint(0, 256, {3, 20, 30}).to(at::kByte);
  EXPECT_TRUE(decode(encode_png(planes.permute({1, 2, 0})), ".png").equal(planes));
}

TEST(EncodeJpeg, StaysNearAndGrowsWithQuality) {
  const at::Tensor ramp = at::arange(64).mul(4).to(at::kByte).reshape({1, 64, 1}).expand({64, 64, 3});
  const at::Tensor back = decode(encode_jpeg(ramp, 95), ".jpg");
  const at::Tensor error = back.to(at::kInt) - ramp.permute({2, 0, 1}).to(at::kInt);
  EXPECT_LE(error.abs().max().item<int>(), 4);
  const at::Tensor noise = at::randint(0, 256, {64, 64}).to(at::kByte);
  EXPECT_LT(encode_jpeg(noise, 10).size(), encode_jpeg(noise, 90).size());
}

TEST(EncodePicture, TakesOtherShapesAndTypesForABug) {
  EXPECT_THROW(encode_png(at::zeros({4, 4, 2}, at::kByte)), std::logic_error);
  EXPECT_THROW(encode_png(at::zeros({4, 4})), std::logic_error);
  EXPECT_THROW(encode_jpeg(at::zeros({4, 4}, at::kByte), 0), std::logic_error);
}

}  // namespace
}  // namespace nadir
