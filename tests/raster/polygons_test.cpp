// Polygons of class rasters: outlines, holes, areas, means, formats and refusals.
#include <gtest/gtest.h>
#include <ogrsf_frmts.h>

#include <map>

#include "nadir/raster.h"
#include "raster/file_size_limit.h"
#include "raster/small_rasters.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

using namespace testing;  // NOLINT: the tests' own helpers

// 0 land, 1 water, 255 nodata: a lake with an island, a pond, and a corner without data.
at::Tensor lake() {
  return at::tensor({0, 0, 0, 0, 0, 0,  //
                     0, 1, 1, 1, 0, 1,  //
                     0, 1, 0, 1, 0, 0,  //
                     0, 1, 1, 1, 0, 0,  //
                     0, 0, 0, 0, 0, 255},
                    at::kByte)
      .reshape({1, 5, 6});
}

RasterLayout lake_layout(const GeoReference& geo = utm()) {
  RasterLayout layout{.geo = geo, .nodata = 255};
  layout.classes = {{"land", {1, 2, 3}}, {"water", {4, 5, 6}}};
  return layout;
}

struct Feature {
  std::string name;
  int value = 0;
  std::optional<double> area, mean;
  double geometry_area = 0;
  int holes = 0;
  OGREnvelope box;
};

std::optional<double> field(const OGRFeature& feature, const char* name) {
  if (!feature.IsFieldSetAndNotNull(feature.GetFieldIndex(name))) return std::nullopt;
  return feature.GetFieldAsDouble(name);
}

// By falling area.
std::vector<Feature> read_features(const std::filesystem::path& path) {
  const GDALDatasetUniquePtr dataset(GDALDataset::Open(path.c_str(), GDAL_OF_VECTOR));
  std::vector<Feature> features;
  for (const auto& each : *dataset->GetLayer(0)) {
    const OGRPolygon& polygon = *each->GetGeometryRef()->toPolygon();
    Feature feature{.name = each->GetFieldAsString("class"),
                    .value = each->GetFieldAsInteger("value"),
                    .area = field(*each, "area_m2"),
                    .mean = field(*each, "mean_probability"),
                    .geometry_area = polygon.get_Area(),
                    .holes = polygon.getNumInteriorRings(),
                    .box = {}};
    polygon.getEnvelope(&feature.box);
    features.push_back(feature);
  }
  std::sort(features.begin(), features.end(),
            [](const auto& a, const auto& b) { return a.geometry_area > b.geometry_area; });
  return features;
}

PolygonOptions water_only() { return {.classes = lake_layout().classes, .skip_values = {0}}; }

TEST(WritePolygons, KnowsAreasHolesAndMeans) {
  const TemporaryFolder folder;
  const std::string classes = write(folder / "c.tif", lake(), lake_layout());
  at::Tensor probability = at::full({1, 5, 6}, 51, at::kByte);  // 0.2
  probability[0][1][1] = 255;
  const std::string probabilities = write(folder / "p.tif", probability, {.geo = utm()});
  const PolygonSummary summary = write_polygons(classes, probabilities, folder / "water.gpkg", water_only());
  EXPECT_EQ(summary.polygons, 2);
  EXPECT_EQ(summary.pixels, (std::vector<std::int64_t>{0, 9}));

  const std::vector<Feature> features = read_features(folder / "water.gpkg");
  ASSERT_EQ(features.size(), 2U);
  EXPECT_EQ(features[0].name, "water");
  EXPECT_EQ(features[0].value, 1);
  EXPECT_EQ(features[0].holes, 1);
  EXPECT_DOUBLE_EQ(*features[0].area, 800);
  EXPECT_DOUBLE_EQ(features[0].geometry_area, 800);
  EXPECT_NEAR(*features[0].mean, (1 + 7 * 0.2) / 8, 1e-6);
  EXPECT_NEAR(*features[1].mean, 0.2, 1e-6);
  EXPECT_EQ(features[0].box.MinX, 288786);
  EXPECT_EQ(features[0].box.MaxY, 9120750);
}

TEST(WritePolygons, LeavesOutNodataSkippedAndSmallAreas) {
  const TemporaryFolder folder;
  const std::string classes = write(folder / "c.tif", lake(), lake_layout());
  const PolygonSummary all = write_polygons(classes, "", folder / "all.gpkg", {});
  EXPECT_EQ(all.polygons, 4);  // land, island, lake, pond
  EXPECT_EQ(all.pixels, (std::vector<std::int64_t>{20, 9}));
  const std::vector<Feature> features = read_features(folder / "all.gpkg");
  EXPECT_EQ(features[0].name, "land");  // from the raster's own names
  EXPECT_FALSE(features[0].mean.has_value());
  PolygonOptions large = water_only();
  large.min_pixels = 2;
  EXPECT_EQ(write_polygons(classes, "", folder / "large.gpkg", large).pixels,
            (std::vector<std::int64_t>{0, 8}));
}

TEST(WritePolygons, CarriesTheRastersCrs) {
  const TemporaryFolder folder;
  const std::string classes = write(folder / "c.tif", lake(), lake_layout());
  for (const char* name : {"water.gpkg", "water.fgb"}) {
    write_polygons(classes, "", folder / name, water_only());
    const GDALDatasetUniquePtr dataset(GDALDataset::Open((folder / name).c_str(), GDAL_OF_VECTOR));
    ASSERT_NE(dataset, nullptr) << name;
    EXPECT_STREQ(dataset->GetLayer(0)->GetName(), "classes");
    EXPECT_STREQ(dataset->GetLayer(0)->GetSpatialRef()->GetAuthorityCode(nullptr), "32725") << name;
    EXPECT_EQ(read_features(folder / name).size(), 2U);
  }
}

class Listener final : public ProgressObserver {
 public:
  void progress(const Progress& progress) override { last = progress; }
  void message(const std::string& line) override { lines += line; }
  Progress last;
  std::string lines;
};

TEST(WritePolygons, TurnsGeoJsonIntoLongitudeAndLatitude) {
  const TemporaryFolder folder;
  const std::string classes = write(folder / "c.tif", lake(), lake_layout());
  Listener listener;
  write_polygons(classes, "", folder / "water.geojson", water_only(), listener);
  EXPECT_TRUE(contains(listener.lines, "WGS 84"));
  EXPECT_EQ(listener.last.total, 15);
  const std::vector<Feature> features = read_features(folder / "water.geojson");
  ASSERT_EQ(features.size(), 2U);
  EXPECT_NEAR(features[0].box.MinX, -34.917, 0.01);  // Olinda
  EXPECT_NEAR(features[0].box.MinY, -7.95, 0.02);
  EXPECT_DOUBLE_EQ(*features[0].area, 800);
}

TEST(WritePolygons, MeasuresDegreesOnTheEllipsoid) {
  const TemporaryFolder folder;
  GeoReference geo;
  geo.crs = kWgs84;
  geo.transform = {{-35, 0.001, 0, 60, 0, -0.001}};
  const std::string classes = write(folder / "c.tif", lake(), lake_layout(geo));
  write_polygons(classes, "", folder / "water.gpkg", water_only());
  // A degree at 60 degrees north: 55.80 km by 111.41 km (Snyder 1987, table on the Clarke/WGS ellipsoids).
  EXPECT_NEAR(*read_features(folder / "water.gpkg")[0].area, 8 * 55.80 * 111.41, 8 * 55.80 * 111.41 * 1e-3);
}

TEST(WritePolygons, HasNoAreaWithoutACrs) {
  const TemporaryFolder folder;
  const std::string classes = write(folder / "c.tif", lake(), lake_layout({}));
  write_polygons(classes, "", folder / "water.gpkg", water_only());
  const std::vector<Feature> features = read_features(folder / "water.gpkg");
  EXPECT_FALSE(features[0].area.has_value());
  EXPECT_DOUBLE_EQ(features[0].geometry_area, 8);
}

// Beyond the size that is kept in memory, the labels go through a file, which leaves no trace.
TEST(WritePolygons, SievesSmallAreasIntoTheirSurroundings) {
  const TemporaryFolder folder;
  const std::string classes = write(folder / "classes.tif", lake(), lake_layout());
  const PolygonOptions options{.classes = lake_layout().classes, .skip_values = {}, .sieve = 2};
  const PolygonSummary summary = write_polygons(classes, "", folder / "out.gpkg", options);
  // The pond and the island are gone; the pixel without data still is no class.
  EXPECT_EQ(summary.polygons, 2);
  EXPECT_EQ(summary.pixels, (std::vector<std::int64_t>{20, 9}));
  // The sieved copy had its class names in a file of its own, which stayed behind.
  for (const std::filesystem::directory_entry& each : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_FALSE(contains(each.path().filename().string(), ".part-")) << each.path();
  }
}

TEST(WritePolygons, LeavesOutAreasByTheirSquareMetres) {
  const TemporaryFolder folder;
  const std::string classes = write(folder / "classes.tif", lake(), lake_layout());
  PolygonOptions options{.classes = lake_layout().classes, .skip_values = {0}, .min_area = 101};
  EXPECT_EQ(write_polygons(classes, "", folder / "out.gpkg", options).polygons, 1);
  options.min_area = 100;  // a pixel of 10 m
  EXPECT_EQ(write_polygons(classes, "", folder / "out.gpkg", options).polygons, 2);
  const std::string plain = write(folder / "plain.tif", lake(), lake_layout(GeoReference{}));
  EXPECT_THROW(write_polygons(plain, "", folder / "out.gpkg", options), ConfigError);
}

// Three classes in round shapes that meet, with a hole.
at::Tensor round_shapes() {
  const at::Tensor x = at::arange(60).view({1, 60}), y = at::arange(50).view({50, 1});
  const auto disc = [&](int cx, int cy, int r) { return ((x - cx).square() + (y - cy).square()).lt(r * r); };
  at::Tensor map = at::zeros({50, 60}, at::kByte);
  map.masked_fill_(disc(20, 25, 15), 1);
  map.masked_fill_(disc(38, 24, 14), 2);
  map.masked_fill_(disc(18, 25, 6), 0);
  return map.unsqueeze(0);
}

TEST(WritePolygons, SimplifiedNeighboursShareTheirBorders) {
  const TemporaryFolder folder;
  RasterLayout layout{.geo = utm(), .nodata = 255};
  layout.classes = {{"land", {1, 2, 3}}, {"water", {4, 5, 6}}, {"wood", {7, 8, 9}}};
  const std::string classes = write(folder / "classes.tif", round_shapes(), layout);
  PolygonOptions options{.classes = layout.classes, .skip_values = {}};
  const auto shapes = [&](double tolerance) {
    options.simplify = tolerance;
    write_polygons(classes, "", folder / "out.gpkg", options);
    const GDALDatasetUniquePtr dataset(GDALDataset::Open((folder / "out.gpkg").c_str(), GDAL_OF_VECTOR));
    std::vector<std::unique_ptr<OGRGeometry>> result;
    for (const auto& each : *dataset->GetLayer(0)) result.emplace_back(each->GetGeometryRef()->clone());
    return result;
  };
  const auto points = [](const std::vector<std::unique_ptr<OGRGeometry>>& all) {
    int count = 0;
    for (const auto& each : all) {
      for (const OGRLinearRing* const ring : *each->toPolygon()) count += ring->getNumPoints();
    }
    return count;
  };
  const auto exact = shapes(0), simple = shapes(1.5);
  ASSERT_EQ(exact.size(), simple.size());
  EXPECT_LT(points(simple), points(exact) / 2);
  // Without gaps and overlaps: the parts add up to the raster, and none lies over another.
  double sum = 0;
  for (std::size_t i = 0; i < simple.size(); ++i) {
    EXPECT_TRUE(simple[i]->IsValid());
    sum += simple[i]->toPolygon()->get_Area();
    for (std::size_t k = 0; k < i; ++k) {
      const std::unique_ptr<OGRGeometry> common(simple[i]->Intersection(simple[k].get()));
      EXPECT_NEAR(OGR_G_Area(OGRGeometry::ToHandle(common.get())), 0, 1e-6);
    }
  }
  EXPECT_NEAR(sum, 50 * 60 * 100.0, 1e-3);
}

TEST(WritePolygons, TakesRastersLargerThanItKeepsInMemory) {
  const TemporaryFolder folder;
  at::Tensor checkers = at::zeros({1, 2100, 2100}, at::kByte);
  checkers[0].slice(0, 100, 2000).slice(1, 100, 2000).fill_(1);
  checkers[0].slice(0, 700, 800).slice(1, 300, 500).fill_(0);
  const std::string classes = write(folder / "c.tif", checkers, lake_layout());
  const PolygonSummary summary = write_polygons(classes, "", folder / "w.fgb", water_only());
  EXPECT_EQ(summary.pixels, (std::vector<std::int64_t>{0, 1900 * 1900 - 100 * 200}));
  EXPECT_EQ(read_features(folder / "w.fgb")[0].holes, 1);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}),
            3);  // c.tif, its names, w.fgb
}

TEST(WritePolygons, SaysWhatIsWrongAndKeepsTheOldFile) {
  const TemporaryFolder folder;
  const std::string classes = write(folder / "c.tif", lake(), lake_layout());
  std::ofstream(folder / "old.gpkg") << "old";
  const auto refusal = [&](const std::string& raster, const std::string& probability) {
    return message_of<DataError>([&] { write_polygons(raster, probability, folder / "old.gpkg", {}); });
  };
  const std::string small = write(folder / "s.tif", at::zeros({1, 5, 5}, at::kByte), {.geo = utm()});
  const std::string elsewhere = write(folder / "e.tif", at::zeros({1, 5, 6}, at::kByte), {.geo = utm(20)});
  const std::string bands = write(folder / "b.tif", at::zeros({3, 5, 6}, at::kByte), {.geo = utm()});
  const std::string counts = write(folder / "n.tif", at::zeros({1, 5, 6}, at::kShort), {.geo = utm()});
  const std::string negative = write(folder / "m.tif", at::full({1, 5, 6}, -1, at::kShort), {.geo = utm()});
  const std::string halves = write(folder / "h.tif", at::full({1, 5, 6}, 0.5), {.geo = utm()});
  EXPECT_TRUE(contains(refusal(classes, small), "5 x 5 pixels"));
  EXPECT_TRUE(contains(refusal(classes, elsewhere), "another CRS or grid"));
  EXPECT_TRUE(contains(refusal(bands, ""), "3 bands"));
  EXPECT_TRUE(contains(refusal(classes, counts), "Int16"));
  EXPECT_TRUE(contains(refusal(negative, ""), "-1 is no class"));
  EXPECT_TRUE(contains(refusal(halves, ""), "0.5 is no class"));
  const auto unknown = [&] { write_polygons(classes, "", folder / "w.shp", {}); };
  EXPECT_TRUE(contains(message_of<ConfigError>(unknown), ".gpkg, .geojson or .fgb"));
  std::string text;
  std::ifstream(folder / "old.gpkg") >> text;
  EXPECT_EQ(text, "old");
}

TEST(WritePolygons, KeepsTheOldFileWhereverTheDiskFillsUp) {
  const TemporaryFolder folder;
  at::manual_seed(2);
  const std::string classes =
      write(folder / "c.tif", at::randint(0, 2, {1, 60, 60}).to(at::kByte), lake_layout());
  for (const std::string name : {"w.gpkg", "w.geojson", "w.fgb"}) {
    write_polygons(classes, "", folder / ("whole-" + name), {});
    const auto size = static_cast<rlim_t>(std::filesystem::file_size(folder / ("whole-" + name)));
    std::ofstream(folder / name) << "old";
    for (const rlim_t bytes :
         {rlim_t{0}, rlim_t{5000}, size / 2, size - 2}) {  // a GeoJSON may miss its last newline
      const std::string message = message_of<DataError>([&] {
        const FileSizeLimit limit(bytes);
        write_polygons(classes, "", folder / name, {});
      });
      EXPECT_TRUE(contains(message, "cannot be written")) << name << " at " << bytes << ": " << message;
      EXPECT_TRUE(contains(message, "the old file stays")) << name << " at " << bytes << ": " << message;
      EXPECT_EQ(std::filesystem::file_size(folder / name), 3U);
    }
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 8);  // no parts are left
}

TEST(WritePolygons, StopsWhenItIsAskedTo) {
  const TemporaryFolder folder;
  const std::string classes = write(folder / "c.tif", lake(), lake_layout());
  request_stop();
  EXPECT_THROW(write_polygons(classes, "", folder / "w.gpkg", {}), Interrupted);
  clear_stop();
  EXPECT_FALSE(std::filesystem::exists(folder / "w.gpkg"));
}

}  // namespace
}  // namespace nadir
