// Georeferences go round through a file, and are compared as places, not as text.
#include <gtest/gtest.h>

#include "nadir/raster.h"
#include "raster/small_rasters.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

using namespace testing;  // NOLINT: the tests' own helpers

GeoReference round_trip(const GeoReference& geo) {
  const TemporaryFolder folder;
  return RasterReader(write(folder / "a.tif", at::zeros({1, 8, 8}, at::kByte), {.geo = geo})).info().geo;
}

TEST(GeoReference, ComesBackFromAFile) {
  const GeoReference back = round_trip(utm(28.5));
  EXPECT_EQ(back.transform, utm(28.5).transform);
  EXPECT_TRUE(same_crs(back, utm()));
  EXPECT_TRUE(contains(back.crs, "UTM zone 25S"));
}

TEST(GeoReference, ComesBackRotatedAndSouthUp) {
  GeoReference geo = utm();
  for (const std::array<double, 6>& transform :
       {std::array<double, 6>{1000, 8, 6, 2000, 6, -8}, std::array<double, 6>{1000, 10, 0, 2000, 0, 10}}) {
    geo.transform = transform;
    EXPECT_TRUE(same_grid(round_trip(geo), geo));
    EXPECT_EQ(round_trip(geo).transform, transform);
  }
}

TEST(GeoReference, KeepsControlPoints) {
  GeoReference geo;
  geo.control_points_crs = kWgs84;
  geo.control_points = {
      {"1", 0, 0, -35.5, -8.25, 3}, {"2", 8, 0, -35.25, -8.25, 0}, {"3", 0, 8, -35.5, -8.5, 0}};
  const GeoReference back = round_trip(geo);
  EXPECT_TRUE(same_grid(back, geo));
  ASSERT_EQ(back.control_points.size(), 3U);
  EXPECT_EQ(back.control_points[0].x, -35.5);
  EXPECT_EQ(back.control_points[0].z, 3);
  EXPECT_FALSE(back.transform.has_value());
  geo.control_points[1].x += 0.001;
  EXPECT_FALSE(same_grid(back, geo));
}

TEST(GeoReference, OfAPlainImageIsEmpty) {
  const GeoReference back = round_trip({});
  EXPECT_TRUE(back.crs.empty());
  EXPECT_FALSE(back.transform.has_value());
  EXPECT_TRUE(same_grid(back, GeoReference{}));
}

TEST(GeoReference, IsRefusedWhenItIsNoCrs) {
  GeoReference geo = utm();
  geo.crs = "somewhere";
  EXPECT_TRUE(contains(message_of<DataError>([&] { round_trip(geo); }), "somewhere"));
}

TEST(SameCrs, ComparesMeaningNotText) {
  GeoReference other = utm();
  other.crs = round_trip(utm()).crs;
  EXPECT_NE(other.crs, utm().crs);
  EXPECT_TRUE(same_crs(other, utm()));
  other.crs = kWgs84;
  EXPECT_FALSE(same_crs(other, utm()));
  EXPECT_TRUE(same_crs(other, round_trip(other)));
  other.crs = "";
  EXPECT_FALSE(same_crs(other, utm()));
  EXPECT_TRUE(same_crs(other, GeoReference{}));
}

TEST(SameGrid, AllowsAMillionthOfAPixel) {
  GeoReference other = utm();
  (*other.transform)[0] += 10 * 0.9e-6;
  EXPECT_TRUE(same_grid(utm(), other));
  (*other.transform)[0] += 10 * 0.2e-6;
  EXPECT_FALSE(same_grid(utm(), other));
  other = utm();
  (*other.transform)[1] = 10.001;
  EXPECT_FALSE(same_grid(utm(), other));
  other.transform.reset();
  EXPECT_FALSE(same_grid(utm(), other));
}

}  // namespace
}  // namespace nadir
