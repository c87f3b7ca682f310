// What can be mapped: parts of rasters, several files, other resolutions, damaged ones; and what comes out of
// it.
#include <gdal_priv.h>
#include <gtest/gtest.h>
#include <ogrsf_frmts.h>
#include <torch/torch.h>

#include <nlohmann/json.hpp>

#include "nadir/predict.h"
#include "nadir/raster.h"
#include "predict/small_models.h"
#include "raster/small_rasters.h"
#include "temporary_folder.h"
#include "weights/http_server.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;
using testing::utm;
using testing::write;

const PredictConfig kSmallTiles{.tile = 16, .overlap = 0.5, .batch_size = 4, .device = "cpu"};

torch::Tensor read_all(const fs::path& path) {
  const RasterReader reader(path.string());
  return reader.read({0, 0, reader.info().height, reader.info().width});
}

class PredictInputTest : public ::testing::Test {
 protected:
  // Two bands on a grid of 10 m.
  std::string make_image(const GeoReference& geo = utm()) {
    torch::manual_seed(2);
    pixels = torch::randint(0, 200, {2, 70, 90}, torch::kByte);
    RasterLayout layout{.geo = geo};
    layout.band_names = {"Red", "NIR"};
    layout.tile = 16;
    layout.overviews = false;
    return write(folder / "image.tif", pixels, layout);
  }
  torch::Tensor expected() const { return (pixels[1] > pixels[0]).to(torch::kByte); }
  fs::path map() const { return folder / "map.tif"; }
  PredictSummary predict(const PredictInput& input, PredictOutputs outputs = {}) {
    if (outputs.classes.empty()) outputs.classes = map();
    return predict_raster(model, input, outputs, kSmallTiles);
  }

  TemporaryFolder folder;
  torch::Tensor pixels;
  LoadedModel model{std::make_shared<BandsAsLogits>(), card_of({"land", "water"}, 2)};
};

TEST_F(PredictInputTest, BoundsGiveTheSamePixelsOfTheWholeMapOnTheirPlace) {
  PredictInput input = make_image();
  const std::array<double, 6> t = utm().transform.value();
  // Columns 20 to 50, rows 10 to 40; the last ones by a part of a pixel.
  input.bounds = {t[0] + 200, t[3] - 395, t[0] + 495, t[3] - 100};
  predict(input);
  EXPECT_TRUE(torch::equal(read_all(map())[0], expected().narrow(0, 10, 30).narrow(1, 20, 30)));
  const RasterInfo info = RasterReader(map().string()).info();
  EXPECT_DOUBLE_EQ((*info.geo.transform)[0], t[0] + 200);
  EXPECT_DOUBLE_EQ((*info.geo.transform)[3], t[3] - 100);
  input.bounds = {0, 0, 10, 10};
  try {
    predict(input);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("which covers 288776,9120060,289676,9120760"), std::string::npos)
        << error.what();
  }
}

TEST_F(PredictInputTest, AnAreaOfInterestOnAnotherCrsIsCutOut) {
  PredictInput input = make_image();
  const std::array<double, 6> t = utm().transform.value();
  const std::string aoi = (folder / "aoi.geojson").string();
  {
    // A triangle in UTM, written as longitude and latitude.
    OGRSpatialReference from, to;
    from.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
    to.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
    from.importFromWkt(utm().crs.c_str());
    to.importFromEPSG(4326);
    const std::unique_ptr<OGRCoordinateTransformation> change(OGRCreateCoordinateTransformation(&from, &to));
    OGRLinearRing ring;
    for (const auto& [x, y] :
         {std::pair{t[0] + 100, t[3] - 100}, {t[0] + 500, t[3] - 100}, {t[0] + 100, t[3] - 500}}) {
      ring.addPoint(x, y);
    }
    ring.closeRings();
    OGRPolygon polygon;
    polygon.addRing(&ring);
    polygon.transform(change.get());
    const GDALDatasetUniquePtr dataset(GetGDALDriverManager()->GetDriverByName("GeoJSON")->Create(
        aoi.c_str(), 0, 0, 0, GDT_Unknown, nullptr));
    OGRLayer* const layer = dataset->CreateLayer("aoi", &to, wkbPolygon);
    OGRFeature feature(layer->GetLayerDefn());
    feature.SetGeometry(&polygon);
    ASSERT_EQ(layer->CreateFeature(&feature), OGRERR_NONE);
  }
  input.aoi = aoi;
  const PredictSummary summary = predict(input);
  EXPECT_NEAR(static_cast<double>(summary.pixels), 40 * 40 / 2.0, 45);  // pixel centres along the long side
  const torch::Tensor found = read_all(map())[0];
  EXPECT_EQ(found[0][0].item<int>(), expected()[10][10].item<int>());
  EXPECT_EQ(found[38][38].item<int>(), 255);
  const RasterInfo info = RasterReader(map().string()).info();
  EXPECT_NEAR(static_cast<double>(info.height), 40, 1);
  input.aoi = (folder / "nothing.gpkg").string();
  EXPECT_THROW(predict(input), DataError);
}

TEST_F(PredictInputTest, AnotherResolutionIsResampledAndLandsOnItsGrid) {
  PredictInput input = make_image();
  input.resolution = 20;
  predict(input);
  const RasterInfo info = RasterReader(map().string()).info();
  EXPECT_EQ(info.height, 35);
  EXPECT_EQ(info.width, 45);
  EXPECT_DOUBLE_EQ((*info.geo.transform)[1], 20);
  const torch::Tensor means =
      torch::avg_pool2d(pixels.to(torch::kFloat32).unsqueeze(0), 2).round().squeeze(0);
  const torch::Tensor apart = (means[1] - means[0]).abs() > 2;
  const torch::Tensor right = (means[1] > means[0]).to(torch::kByte);
  EXPECT_TRUE(torch::equal(read_all(map())[0].masked_select(apart), right.masked_select(apart)));
  input.resolution.reset();
  input.model_resolution = true;
  EXPECT_THROW(predict(input), ConfigError);  // the card has none
  model.card.resolution = 20;
  const std::string before = read_text_file(map());
  predict(input);
  EXPECT_EQ(read_text_file(map()), before);
  PredictInput plain = make_image(GeoReference{});
  plain.resolution = 5;
  EXPECT_THROW(predict(plain), DataError);
}

TEST_F(PredictInputTest, BandsAreFoundByNameAndInSeveralFiles) {
  PredictInput by_name = make_image();
  by_name.bands = {"nir", "red"};
  predict(by_name);
  EXPECT_TRUE(torch::equal(read_all(map())[0], (pixels[0] > pixels[1]).to(torch::kByte)));
  by_name.bands = {"nir", "swir"};
  EXPECT_THROW(predict(by_name), ConfigError);
  RasterLayout layout{.geo = utm()};
  const std::string red = write(folder / "red.tif", pixels.narrow(0, 0, 1).contiguous(), layout);
  const std::string nir = write(folder / "nir.tif", pixels.narrow(0, 1, 1).to(torch::kInt16), layout);
  predict(PredictInput(std::vector<std::string>{red, nir}));
  EXPECT_TRUE(torch::equal(read_all(map())[0], expected()));
  layout.geo = utm(20);
  const std::string other = write(folder / "other.tif", pixels.narrow(0, 1, 1).contiguous(), layout);
  EXPECT_THROW(predict(PredictInput(std::vector<std::string>{red, other})), DataError);
}

TEST_F(PredictInputTest, ControlPointsAndMasksAreCarriedOver) {
  GeoReference geo;
  geo.control_points = {{"1", 0, 0, 10, 50, 0}, {"2", 90, 0, 11, 50, 0}, {"3", 0, 70, 10, 49, 0}};
  geo.control_points_crs = testing::kWgs84;
  predict(make_image(geo));
  EXPECT_TRUE(same_grid(RasterReader(map().string()).info().geo, geo));
  // A mask band of its own.
  {
    CPLSetConfigOption("GDAL_TIFF_INTERNAL_MASK", "YES");
    const GDALDatasetUniquePtr dataset(GDALDataset::Open((folder / "image.tif").c_str(), GDAL_OF_UPDATE));
    ASSERT_EQ(dataset->CreateMaskBand(GMF_PER_DATASET), CE_None);
    std::vector<GByte> mask(70 * 90, 255);
    std::fill_n(mask.begin(), 90 * 5, GByte{0});
    ASSERT_EQ(dataset->GetRasterBand(1)->GetMaskBand()->RasterIO(GF_Write, 0, 0, 90, 70, mask.data(), 90, 70,
                                                                 GDT_Byte, 0, 0, nullptr),
              CE_None);
    CPLSetConfigOption("GDAL_TIFF_INTERNAL_MASK", nullptr);
  }
  EXPECT_EQ(predict((folder / "image.tif").string()).pixels, 65 * 90);
  EXPECT_TRUE(read_all(map())[0].narrow(0, 0, 5).eq(255).all().item<bool>());
}

// Overwrites a file's bytes where its middle blocks lie.
void damage(const fs::path& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const auto size = static_cast<std::int64_t>(fs::file_size(path));
  file.seekp(size / 2);
  const std::string noise(static_cast<std::size_t>(size / 8), '\x5a');
  file.write(noise.data(), static_cast<std::streamsize>(noise.size()));
}

TEST_F(PredictInputTest, BlocksThatCannotBeReadAreNamedOrLeftOut) {
  PredictInput input = make_image();
  damage(folder / "image.tif");
  try {
    predict(input);
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("block "), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("image.tif"), std::string::npos) << error.what();
  }
  input.skip_unreadable = true;
  const PredictSummary summary = predict(input);
  EXPECT_GT(summary.unreadable_blocks, 0);
  EXPECT_LT(summary.unreadable_blocks, 20);
  const torch::Tensor found = read_all(map())[0];
  const torch::Tensor lost = found == 255;
  EXPECT_EQ(lost.sum().item<std::int64_t>(), 70 * 90 - summary.pixels);
  EXPECT_GT(summary.pixels, 3000);
}

TEST_F(PredictInputTest, ProductsHaveTheTypeFormatAndNamesAskedFor) {
  PredictOutputs outputs{.classes = map(), .probability = folder / "p.tif"};
  outputs.confidence = folder / "c.tif";
  outputs.areas = folder / "areas.json";
  outputs.overlay = folder / "overlay.png";
  outputs.compress = "zstd";
  const PredictInput input = make_image();
  const torch::Tensor logits = pixels.to(torch::kFloat32) / 50;
  model.card.normalization.std = {50, 50};
  const torch::Tensor probability = torch::softmax(logits, 0);
  for (const auto& [type, full] :
       {std::pair<std::string, double>{"uint8", 100}, {"uint16", 10000}, {"float32", 1}}) {
    outputs.probability_type = type;
    predict(input, outputs);
    const torch::Tensor found = read_all(outputs.probability).to(torch::kFloat64) / full;
    EXPECT_LE((found - probability).abs().max().item<double>(), 0.51 / std::max(full, 1e5 * (full == 1)))
        << type;
    const torch::Tensor best = read_all(outputs.confidence)[0].to(torch::kFloat64) / full;
    EXPECT_TRUE(torch::equal(best, std::get<0>(found.max(0))));
  }
  const nlohmann::json areas = nlohmann::json::parse(read_text_file(outputs.areas));
  EXPECT_EQ(areas["classes"][1]["pixels"], expected().sum().item<std::int64_t>());
  EXPECT_DOUBLE_EQ(areas["classes"][1]["area_m2"], 100.0 * expected().sum().item<double>());
  EXPECT_EQ(RasterReader(outputs.overlay.string()).info().width, 90);
  const GDALDatasetUniquePtr dataset(GDALDataset::Open(map().c_str()));
  EXPECT_STREQ(dataset->GetMetadataItem("COMPRESSION", "IMAGE_STRUCTURE"), "ZSTD");
}

TEST_F(PredictInputTest, CloudOptimisedOutputsAreWhatGdalCallsSo) {
  torch::manual_seed(3);
  pixels = torch::randint(0, 200, {2, 600, 700}, torch::kByte);
  const std::string image = write(folder / "large.tif", pixels, {.geo = utm()});
  PredictOutputs outputs{.classes = map()};
  outputs.cog = true;
  PredictConfig config = kSmallTiles;
  config.tile = 256;
  predict_raster(model, image, outputs, config);
  const GDALDatasetUniquePtr dataset(GDALDataset::Open(map().c_str()));
  EXPECT_STREQ(dataset->GetMetadataItem("LAYOUT", "IMAGE_STRUCTURE"), "COG");
  EXPECT_GE(dataset->GetRasterBand(1)->GetOverviewCount(), 1);
  EXPECT_TRUE(torch::equal(read_all(map())[0], expected()));
  EXPECT_EQ(RasterReader(map().string()).info().category_names, (std::vector<std::string>{"land", "water"}));
}

TEST_F(PredictInputTest, PlainPicturesBecomePlainPictures) {
  pixels = torch::randint(0, 200, {3, 40, 50}, torch::kByte);
  write_file_atomically(folder / "photo.png", encode_png(pixels.permute({1, 2, 0}).contiguous()));
  predict((folder / "photo.png").string(), {.classes = folder / "mask.png"});
  EXPECT_TRUE(torch::equal(read_all(folder / "mask.png")[0], (pixels[1] > pixels[0]).to(torch::kByte)));
  EXPECT_EQ(RasterReader((folder / "mask.png").string()).info().palette.at(1),
            (std::array<std::uint8_t, 4>{0x1f, 0x6f, 0xeb, 255}));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 2);
}

TEST_F(PredictInputTest, AnArchiveIsARasterToo) {
  make_image();
  const std::string zip = (folder / "scene.zip").string();
  VSILFILE* const in = VSIFOpenL(("/vsizip/{" + zip + "}/inside.tif").c_str(), "wb");
  const std::string bytes = read_text_file(folder / "image.tif");
  VSIFWriteL(bytes.data(), 1, bytes.size(), in);
  VSIFCloseL(in);
  predict("/vsizip/{" + zip + "}/inside.tif");
  EXPECT_TRUE(torch::equal(read_all(map())[0], expected()));
}

TEST_F(PredictInputTest, ARasterOfAWebServerIsReadInParts) {
  make_image();
  const HttpServer server(read_text_file(folder / "image.tif"));
  predict("/vsicurl/" + server.url("image.tif"));
  EXPECT_TRUE(torch::equal(read_all(map())[0], expected()));
  EXPECT_GT(server.requests(), 0);
  try {
    predict("/vsicurl/http://127.0.0.1:1/nothing.tif");
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("nothing.tif"), std::string::npos) << error.what();
  }
}

TEST_F(PredictInputTest, ARasterWithoutAnyDataIsAMapWithoutAny) {
  RasterLayout layout{.geo = utm(), .nodata = 7};
  const std::string empty = write(folder / "empty.tif", torch::full({2, 50, 60}, 7, torch::kByte), layout);
  const PredictSummary summary = predict(empty);
  EXPECT_EQ(summary.pixels, 0);
  EXPECT_EQ(summary.tiles.run, 0);
  EXPECT_GT(summary.tiles.skipped, 0);
  EXPECT_TRUE(read_all(map()).eq(255).all().item<bool>());
}

}  // namespace
}  // namespace nadir
