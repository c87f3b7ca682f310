// Areas of pixels, in the plane and on the ellipsoid.
#include "raster/cell_area.h"

#include <gtest/gtest.h>

#include <numbers>

#include "raster/small_rasters.h"

namespace nadir {
namespace {

using namespace testing;  // NOLINT: the tests' own helpers

GeoReference degrees(double west, double north, double pixel) {
  GeoReference geo;
  geo.crs = kWgs84;
  geo.transform = {{west, pixel, 0, north, 0, -pixel}};
  return geo;
}

TEST(CellArea, IsUnknownWithoutPlaceOrScale) {
  GeoReference geo = utm();
  geo.transform.reset();
  EXPECT_FALSE(CellArea::of(geo).has_value());
  geo = utm();
  geo.crs.clear();
  EXPECT_FALSE(CellArea::of(geo).has_value());
}

TEST(CellArea, InThePlaneIsTheDeterminant) {
  GeoReference geo = utm();
  geo.transform = {{0, 8, 6, 0, 6, -8}};
  EXPECT_DOUBLE_EQ(CellArea::of(geo)->of_run(5, 2, 9), 700);
}

TEST(CellArea, CountsFeetAsFeet) {
  GeoReference geo = utm();
  const std::string metre = R"(UNIT["metre",1])";
  geo.crs.replace(geo.crs.find(metre), metre.size(), R"(UNIT["foot",0.3048])");
  geo.crs.replace(geo.crs.find(R"(,AUTHORITY["EPSG","32725"])"), 26, "");
  EXPECT_NEAR(CellArea::of(geo)->of_run(0, 0, 1), 100 * 0.3048 * 0.3048, 1e-9);
}

// The whole of WGS 84 has 510 065 621.724 km2 (NIMA TR8350.2, 2000).
TEST(CellArea, OfAllRowsIsTheEarth) {
  const auto cell = CellArea::of(degrees(-180, 90, 1));
  double sum = 0;
  for (std::int64_t row = 0; row < 180; ++row) sum += cell->of_run(row, 0, 360);
  EXPECT_NEAR(sum / 1e6, 510065621.724, 0.001);
}

TEST(CellArea, OfARotatedGridAgreesWithTheNorthUpOne) {
  GeoReference geo = degrees(-35, -8, 0.001);
  const auto north_up = CellArea::of(geo);
  double column = 0;
  for (std::int64_t row = 0; row < 100; ++row) column += north_up->of_run(row, 0, 1);
  geo.transform = {{-35, 0, 0.001, -8, -0.001, 0}};  // a quarter turn: its row is the other's column
  EXPECT_NEAR(CellArea::of(geo)->of_run(0, 0, 100) / column, 1, 1e-9);
}

}  // namespace
}  // namespace nadir
