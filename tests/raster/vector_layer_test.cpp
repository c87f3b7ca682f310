// Polygons as labels, and everything that can be wrong with them.
#include "raster/vector_layer.h"

#include <gtest/gtest.h>

#include "nadir/error.h"
#include "raster/polygon_text.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

using namespace testing;  // NOLINT: the tests' own helpers

class VectorLayerTest : public ::testing::Test {
 protected:
  std::string write(const std::vector<PolygonText>& polygons) {
    return write_polygon_file(folder_ / "p.geojson", polygons);
  }
  VectorLayer open(const std::string& path, VectorLayerOptions options = {}) {
    options.path = path;
    if (options.labels.empty() && !options.attribute.empty()) options.labels = {{"water", 1}, {"ice", 2}};
    return VectorLayer(options);
  }
  std::string refused(const std::string& path, const VectorLayerOptions& options = {.attribute = "class"}) {
    return message_of<DataError>([&] { open(path, options).check(); });
  }
  TemporaryFolder folder_;
};

// The grid of the tests: pixels of 10 m; columns 0..7 and rows 0..5.
const GeoReference kGrid = utm(10);

TEST_F(VectorLayerTest, PixelsTakeThePolygonOverTheirCentre) {
  // Columns 1..3 and rows 1..2 water; ice over column 3 and half of column 4.
  const std::string path = write({{"water", box(1, 1, 4, 3)}, {"ice", box(3, 2, 4.4, 3)}});
  const VectorLayer layer = open(path, {.attribute = "class"});
  layer.check();
  const at::Tensor found = layer.burn(kGrid, {0, 0, 4, 6}, 0);
  EXPECT_TRUE(found.equal(at::tensor({0, 0, 0, 0, 0, 0,  //
                                      0, 1, 1, 1, 0, 0,  //
                                      0, 1, 1, 2, 0, 0,  //
                                      0, 0, 0, 0, 0, 0})
                              .to(at::kByte)
                              .view({4, 6})))
      << found;
  EXPECT_TRUE(
      layer.burn(kGrid, {1, 2, 2, 3}, 9).equal(at::tensor({1, 1, 9, 1, 2, 9}).to(at::kByte).view({2, 3})));
  EXPECT_EQ(layer.burn(kGrid, {0, 0, 4, 6}, 0, 2).sum().item<int>(), 2);
  const VectorLayer touched = open(path, {.attribute = "class", .all_touched = true});
  EXPECT_EQ(touched.burn(kGrid, {2, 4, 1, 1}, 0).item<int>(), 2);
}

TEST_F(VectorLayerTest, WindowsAreParts) {
  const std::string path =
      write({{"water", ring_of({{0.3, 0.4}, {50.7, 13.1}, {22.2, 47.9}})}, {"ice", box(9.5, 9.5, 31, 20)}});
  const VectorLayer layer = open(path, {.attribute = "class"});
  const at::Tensor all = layer.burn(kGrid, {0, 0, 60, 60}, 0);
  EXPECT_GT(all.eq(1).sum().item<int>(), 300);
  for (std::int64_t row = 0; row < 60; row += 13) {
    for (std::int64_t column = 0; column < 60; column += 17) {
      const Window window = intersection({row, column, 13, 17}, {0, 0, 60, 60});
      EXPECT_TRUE(layer.burn(kGrid, window, 0)
                      .equal(all.narrow(0, row, window.height).narrow(1, column, window.width)));
    }
  }
}

TEST_F(VectorLayerTest, OtherCoordinateSystemsAreReprojected) {
  const std::string utm_file = write({{"water", box(1, 1, 6, 4)}});
  const std::string wgs_file = (folder_ / "wgs.geojson").string();
  reproject_polygon_file(utm_file, wgs_file, "EPSG:4326");
  const Window window{0, 0, 6, 8};
  const at::Tensor expected = open(utm_file, {.attribute = "class"}).burn(kGrid, window, 0);
  EXPECT_EQ(expected.sum().item<int>(), 15);
  EXPECT_TRUE(open(wgs_file, {.attribute = "class"}).burn(kGrid, window, 0).equal(expected));
}

TEST_F(VectorLayerTest, ShapefilesAndGeoPackagesWork) {
  const std::string source = write({{"water", box(1, 1, 4, 3)}});
  for (const char* name : {"p.gpkg", "p.shp"}) {
    const std::string path = (folder_ / name).string();
    reproject_polygon_file(source, path, "EPSG:32725");
    EXPECT_EQ(open(path, {.attribute = "class"}).burn(kGrid, {0, 0, 6, 8}, 0).sum().item<int>(), 6) << name;
  }
}

TEST_F(VectorLayerTest, BrokenRingsAreNamedOrRepaired) {
  const std::string bow_tie =
      write({{"water", box(1, 1, 4, 3)}, {"water", ring_of({{0, 0}, {4, 4}, {4, 0}, {0, 4}})}});
  EXPECT_TRUE(contains(refused(bow_tie), "feature 1 has a broken ring: Self-intersection"));
  const VectorLayer repaired = open(bow_tie, {.attribute = "class", .repair = true});
  repaired.check();
  EXPECT_GT(repaired.burn(kGrid, {0, 0, 6, 8}, 0).sum().item<int>(), 8);
}

TEST_F(VectorLayerTest, FeaturesThatSayNoClassAreNamed) {
  const std::string path =
      write({{"water", box(1, 1, 4, 3)}, {"lava", box(5, 5, 6, 6)}, {"", box(0, 0, 1, 1)}});
  const std::string message = refused(path);
  EXPECT_TRUE(contains(message, "feature 1 has class = 'lava', which is no class")) << message;
  EXPECT_TRUE(contains(message, "feature 2 has no value of 'class'")) << message;
  EXPECT_TRUE(contains(message, "Values that stand for a class: ice and water")) << message;
  EXPECT_EQ(refused(path, {}), "");  // all polygons are one class
}

TEST_F(VectorLayerTest, FilesThatDoNotFitAreRefused) {
  const std::string path = write({{"water", box(1, 1, 4, 3)}});
  EXPECT_TRUE(contains(refused(path, {.attribute = "kind"}), "no attribute 'kind'; they have class"));
  EXPECT_TRUE(contains(refused(path, {.layer = "x"}), "has no layer 'x'; it has p"));
  EXPECT_TRUE(contains(refused((folder_ / "none.gpkg").string()), "no such file"));
  std::ofstream(folder_ / "text.gpkg") << "no polygons here";
  EXPECT_TRUE(contains(refused((folder_ / "text.gpkg").string()), "cannot be opened as polygons"));
  reproject_polygon_file(path, (folder_ / "p.shp").string(), "EPSG:32725");
  std::filesystem::remove(folder_ / "p.prj");
  EXPECT_TRUE(contains(refused((folder_ / "p.shp").string()), "has no CRS"));
  EXPECT_EQ(refused((folder_ / "p.shp").string(), {.attribute = "class", .crs = "EPSG:32725"}), "");
  const std::string nowhere = message_of<DataError>([&] { open(path).burn({}, {0, 0, 1, 1}, 0); });
  EXPECT_TRUE(contains(nowhere, "need an image with a CRS and a transform"));
}

}  // namespace
}  // namespace nadir
