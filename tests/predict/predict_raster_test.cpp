#include <gtest/gtest.h>
#include <sys/resource.h>
#include <torch/torch.h>

#include <csignal>
#include <fstream>

#include "nadir/predict.h"
#include "nadir/raster.h"
#include "predict/small_models.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

const PredictConfig kSmallTiles{.tile = 16, .overlap = 0.5, .batch_size = 4, .device = "cpu"};

// Turned, so that every term of the transform counts.
GeoReference turned_grid() {
  GeoReference geo;
  geo.crs =
      "PROJCS[\"WGS 84 / UTM zone 25S\",GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,"
      "298.257223563]],PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433]],PROJECTION["
      "\"Transverse_Mercator\"],PARAMETER[\"latitude_of_origin\",0],PARAMETER[\"central_meridian\",-33],"
      "PARAMETER["
      "\"scale_factor\",0.9996],PARAMETER[\"false_easting\",500000],PARAMETER[\"false_northing\",10000000],"
      "UNIT["
      "\"metre\",1],AUTHORITY[\"EPSG\",\"32725\"]]";
  geo.transform = {288776.25, 28.5, 3.5, 9120760.75, 4.25, -28.25};
  return geo;
}

// pixels: [C, H, W].
std::string write_image(const fs::path& path, const torch::Tensor& pixels,
                        std::optional<double> nodata = std::nullopt) {
  RasterLayout layout;
  layout.height = pixels.size(1);
  layout.width = pixels.size(2);
  layout.bands = pixels.size(0);
  layout.type = pixels.scalar_type();
  layout.geo = turned_grid();
  layout.nodata = nodata;
  layout.tile = 16;
  layout.overviews = false;
  RasterWriter writer(path, layout);
  writer.write({0, 0, layout.height, layout.width}, pixels);
  writer.finish();
  return path.string();
}

torch::Tensor read_all(const fs::path& path) {
  const RasterReader reader(path.string());
  return reader.read({0, 0, reader.info().height, reader.info().width});
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const fs::directory_entry& each : fs::directory_iterator(folder)) {
    names.push_back(each.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

LoadedModel two_classes() { return {std::make_shared<BandsAsLogits>(), card_of({"land", "water"}, 2)}; }

template <class E>
void expect_refused(const LoadedModel& model, const std::string& image, const PredictOutputs& outputs,
                    const std::string& words) {
  try {
    predict_raster(model, image, outputs, kSmallTiles);
    FAIL() << "no error: " << words;
  } catch (const E& error) {
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

class PredictRasterTest : public testing::Test {
 protected:
  void TearDown() override { clear_stop(); }
  TemporaryFolder folder;
};

TEST_F(PredictRasterTest, TheClassMapHasTheStrongestClassOnTheGridOfTheImage) {
  const torch::Tensor pixels = torch::randint(0, 9, {2, 37, 53}, torch::kByte);
  const std::string image = write_image(folder / "image.tif", pixels);
  const PredictSummary summary =
      predict_raster(two_classes(), image, {.classes = folder / "map.tif"}, kSmallTiles);

  const torch::Tensor expected = (pixels[1] > pixels[0]).to(torch::kByte).unsqueeze(0);
  EXPECT_TRUE(torch::equal(read_all(folder / "map.tif"), expected));
  EXPECT_EQ(summary.pixels, 37 * 53);
  EXPECT_EQ(summary.class_pixels[1], expected.sum().item<std::int64_t>());
  EXPECT_EQ(summary.class_pixels[0], 37 * 53 - summary.class_pixels[1]);

  const RasterInfo info = RasterReader((folder / "map.tif").string()).info();
  EXPECT_TRUE(same_grid(info.geo, turned_grid()));
  EXPECT_TRUE(same_crs(info.geo, turned_grid()));
  EXPECT_EQ(info.bands[0].nodata, 255.0);
  EXPECT_EQ(info.category_names, (std::vector<std::string>{"land", "water"}));
  EXPECT_EQ(info.palette.at(1), (std::array<std::uint8_t, 4>{0x1f, 0x6f, 0xeb, 255}));
}

TEST_F(PredictRasterTest, ProbabilitiesArePerCentOfOneClassOrOfAll) {
  const torch::Tensor pixels = torch::randn({2, 20, 33});
  const std::string image = write_image(folder / "image.tif", pixels);
  const torch::Tensor expected = (torch::softmax(pixels, 0) * 100).round();
  predict_raster(two_classes(), image, {.probability = folder / "all.tif"}, kSmallTiles);
  EXPECT_LE((read_all(folder / "all.tif") - expected).abs().max().item<float>(),
            1.0F);  // ties may round either way
  predict_raster(two_classes(), image, {.probability = folder / "one.tif", .probability_class = "water"},
                 kSmallTiles);
  EXPECT_TRUE(torch::equal(read_all(folder / "one.tif")[0], read_all(folder / "all.tif")[1]));
  EXPECT_EQ(RasterReader((folder / "one.tif").string()).info().bands[0].name,
            "probability of water, per cent");
  EXPECT_EQ(names_in(folder.path()), (std::vector<std::string>{"all.tif", "image.tif", "one.tif"}));
}

TEST_F(PredictRasterTest, PixelsWithoutDataStaySoAndDoNotCount) {
  torch::Tensor pixels = torch::randint(1, 9, {2, 40, 70}, torch::kInt16);
  pixels.narrow(1, 0, 30).narrow(2, 10, 40).fill_(-99);
  pixels[1][35][3] = -99;  // nodata in one band is enough
  const std::string image = write_image(folder / "image.tif", pixels, -99);
  const PredictOutputs outputs{.classes = folder / "map.tif", .probability = folder / "probability.tif"};
  const PredictSummary summary = predict_raster(two_classes(), image, outputs, kSmallTiles);
  const torch::Tensor missing = (pixels == -99).any(0);
  EXPECT_TRUE(torch::equal(read_all(outputs.classes)[0] == 255, missing));
  EXPECT_TRUE(torch::equal(read_all(outputs.probability)[1] == 255, missing));
  EXPECT_EQ(summary.pixels, 40 * 70 - 30 * 40 - 1);
  EXPECT_EQ(summary.class_pixels[0] + summary.class_pixels[1], summary.pixels);
}

TEST_F(PredictRasterTest, BandsComeFromTheCardOrFromTheCaller) {
  const torch::Tensor pixels = torch::randint(0, 9, {3, 20, 20}, torch::kByte);
  const std::string image = write_image(folder / "image.tif", pixels);
  LoadedModel model = two_classes();
  model.card.band_numbers = {3, 1};
  const PredictOutputs outputs{.classes = folder / "map.tif"};
  predict_raster(model, image, outputs, kSmallTiles);
  EXPECT_TRUE(torch::equal(read_all(outputs.classes)[0], (pixels[0] > pixels[2]).to(torch::kByte)));
  PredictInput input(image);
  input.bands = {"2", "3"};
  predict_raster(model, input, outputs, kSmallTiles);
  EXPECT_TRUE(torch::equal(read_all(outputs.classes)[0], (pixels[2] > pixels[1]).to(torch::kByte)));
}

TEST_F(PredictRasterTest, ASingleLabelMakesAMapOfItsPresence) {
  LoadedModel model{std::make_shared<BandsAsLogits>(), card_of({"cloud"}, 1)};
  model.card.task = Task::kMultilabel;
  const torch::Tensor pixels = torch::randn({1, 25, 18});
  const PredictOutputs outputs{.classes = folder / "map.tif", .probability = folder / "probability.tif"};
  const PredictSummary summary =
      predict_raster(model, write_image(folder / "image.tif", pixels), outputs, kSmallTiles);
  const torch::Tensor expected = (torch::sigmoid(pixels) >= 0.5).to(torch::kByte);
  EXPECT_TRUE(torch::equal(read_all(outputs.classes), expected));
  EXPECT_EQ(summary.class_pixels, (std::vector<std::int64_t>{expected.sum().item<std::int64_t>()}));
  EXPECT_EQ(RasterReader(outputs.classes.string()).info().category_names,
            (std::vector<std::string>{"not cloud", "cloud"}));
}

TEST_F(PredictRasterTest, SeveralLabelsMakeABandEach) {
  LoadedModel model{std::make_shared<BandsAsLogits>(), card_of({"cloud", "shadow"}, 2)};
  model.card.task = Task::kMultilabel;
  const torch::Tensor pixels = torch::randn({2, 25, 18});
  const std::string image = write_image(folder / "image.tif", pixels);
  predict_raster(model, image, {.classes = folder / "map.tif"}, kSmallTiles);
  EXPECT_TRUE(torch::equal(read_all(folder / "map.tif"), (torch::sigmoid(pixels) >= 0.5).to(torch::kByte)));
  EXPECT_EQ(RasterReader((folder / "map.tif").string()).info().bands[1].name, "shadow");
  expect_refused<ConfigError>(model, image, {.polygons = folder / "a.gpkg"}, "labels overlap");
}

TEST_F(PredictRasterTest, ARealNetworkMapsARasterSmallerThanATileAndALargerOne) {
  torch::manual_seed(5);
  const LoadedModel model{models().make("unet", parse_yaml("{start: 2}", "test"), {.bands = 3, .classes = 2}),
                          card_of({"land", "water"}, 3)};
  PredictConfig config = kSmallTiles;
  config.tile = 32;
  for (const std::vector<std::int64_t>& size :
       std::vector<std::vector<std::int64_t>>{{1, 50}, {7, 9}, {61, 83}}) {
    const torch::Tensor pixels = torch::randint(0, 3, {3, size[0], size[1]}, torch::kByte);
    const PredictOutputs outputs{.classes = folder / "map.tif", .probability = folder / "probability.tif"};
    const PredictSummary summary =
        predict_raster(model, write_image(folder / "image.tif", pixels), outputs, config);
    const torch::Tensor probability = read_all(outputs.probability).to(torch::kInt32);
    EXPECT_LE((probability.sum(0) - 100).abs().max().item<int>(), 1);
    // The map is the larger probability; where they round to the same, either.
    const torch::Tensor differ = probability[1] != probability[0];
    const torch::Tensor larger = (probability[1] > probability[0]).to(torch::kByte);
    EXPECT_TRUE(
        torch::equal(read_all(outputs.classes)[0].masked_select(differ), larger.masked_select(differ)));
    EXPECT_EQ(summary.pixels, size[0] * size[1]);
  }
}

TEST_F(PredictRasterTest, PolygonsHaveClassAndMeanProbability) {
  torch::Tensor pixels = torch::zeros({2, 30, 30});
  pixels[0].fill_(2);
  pixels[1].narrow(0, 5, 10).narrow(1, 5, 10).fill_(4);
  const std::string image = write_image(folder / "image.tif", pixels);
  const PredictOutputs outputs{.polygons = folder / "water.geojson", .polygon_classes = {"water"}};
  predict_raster(two_classes(), image, outputs, kSmallTiles);
  std::ifstream stream(outputs.polygons);
  const std::string text((std::istreambuf_iterator<char>(stream)), {});
  EXPECT_NE(text.find("\"water\""), std::string::npos) << text;
  EXPECT_EQ(text.find("\"land\""), std::string::npos) << text;
  EXPECT_NE(text.find("\"mean_probability\": 0.88"), std::string::npos) << text;  // sigmoid(2), 1/255 steps
  EXPECT_EQ(names_in(folder.path()), (std::vector<std::string>{"image.tif", "water.geojson"}));
}

TEST_F(PredictRasterTest, BandsThatDoNotFitTheModelAreNamed) {
  const std::string image = write_image(folder / "image.tif", torch::zeros({1, 20, 20}, torch::kByte));
  expect_refused<ModelError>(two_classes(), image, {.classes = folder / "map.tif"},
                             "the model needs bands b1 and b2; bands 1 and 2 were to be read");
  PredictInput input(image);
  input.bands = {"1"};
  EXPECT_THROW(predict_raster(two_classes(), input, {.classes = folder / "map.tif"}, kSmallTiles),
               ModelError);
}

TEST_F(PredictRasterTest, ProductsThatCannotBeAreRefusedBeforeTheNetworkRuns) {
  const std::string image = write_image(folder / "image.tif", torch::zeros({2, 20, 20}, torch::kByte));
  const LoadedModel model = two_classes();
  expect_refused<ConfigError>(model, image, {.polygons = folder / "a.shp"}, ".gpkg, .geojson or .fgb");
  expect_refused<ConfigError>(model, image, {.polygons = folder / "a.gpkg", .polygon_classes = {"watr"}},
                              "did you mean water?");
  expect_refused<ConfigError>(model, image, {.probability = folder / "p.tif", .probability_class = "sea"},
                              "Its classes: land and water");
  expect_refused<ConfigError>(model, image, {.classes = image}, "given twice");
  std::ofstream(folder / "file") << "not a folder";
  expect_refused<DataError>(model, image, {.classes = folder / "file/map.tif"}, "file");
  EXPECT_EQ(static_cast<BandsAsLogits&>(*model.model).calls, 0) << "the network ran";
  EXPECT_EQ(names_in(folder.path()), (std::vector<std::string>{"file", "image.tif"}));
}

// A model whose second batch fails.
class FailsLater : public BandsAsLogits {
 public:
  explicit FailsLater(std::function<void()> fail) : fail_(std::move(fail)) {}
  ModelOutput forward(const torch::Tensor& image) override {
    if (calls == 1) fail_();
    return BandsAsLogits::forward(image);
  }

 private:
  std::function<void()> fail_;
};

TEST_F(PredictRasterTest, WhateverFailsLeavesTheOldOutputsAndNothingElse) {
  const std::string image = write_image(folder / "image.tif", torch::zeros({2, 60, 60}, torch::kByte));
  const PredictOutputs outputs{.classes = folder / "map.tif",
                               .probability = folder / "probability.tif",
                               .polygons = folder / "polygons.gpkg"};
  std::ofstream(outputs.classes) << "old map";
  const auto map_with = [&](std::function<void()> fail) {
    PredictConfig config = kSmallTiles;
    config.trace = false;
    predict_raster({std::make_shared<FailsLater>(std::move(fail)), card_of({"land", "water"}, 2)}, image,
                   outputs, config);
  };
  EXPECT_THROW(map_with([] { throw ModelError("failed on purpose"); }), ModelError);
  EXPECT_THROW(map_with(request_stop), Interrupted);
  clear_stop();
  EXPECT_EQ(names_in(folder.path()), (std::vector<std::string>{"image.tif", "map.tif"}));
  std::string words;
  std::getline(std::ifstream(outputs.classes), words);
  EXPECT_EQ(words, "old map");
}

TEST_F(PredictRasterTest, AFileThatCannotGrowLeavesTheOldMap) {
  const std::string image =
      write_image(folder / "image.tif", torch::randint(0, 9, {2, 700, 700}, torch::kByte));
  std::ofstream(folder / "map.tif") << "old map";
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 20000, .rlim_max = old.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  PredictConfig config = kSmallTiles;
  config.tile = 256;
  EXPECT_THROW(predict_raster(two_classes(), image, {.classes = folder / "map.tif"}, config), DataError);
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(fs::file_size(folder / "map.tif"), 7U);
  EXPECT_EQ(names_in(folder.path()), (std::vector<std::string>{"image.tif", "map.tif"}));
}

TEST_F(PredictRasterTest, ProbabilitiesThatAreNotFiniteStopTheMap) {
  LoadedModel model = two_classes();
  model.card.normalization.mean = {std::nan(""), 0};
  const std::string image = write_image(folder / "image.tif", torch::zeros({2, 20, 20}, torch::kByte));
  expect_refused<ModelError>(model, image, {.classes = folder / "map.tif"}, "not finite in row 0");
}

TEST_F(PredictRasterTest, AnotherPixelTypeThanTheModelsIsWarnedOf) {
  struct Warnings : ProgressObserver {
    void warning(const std::string& line) override { last = line; }
    std::string last;
  } observer;
  LoadedModel model = two_classes();
  model.card.pixel_type = "int16";
  const std::string image = write_image(folder / "image.tif", torch::zeros({2, 20, 20}, torch::kByte));
  predict_raster(model, image, {.classes = folder / "map.tif"}, kSmallTiles, observer);
  EXPECT_NE(observer.last.find("pixels are uint8, the model was trained on int16"), std::string::npos);
}

}  // namespace
}  // namespace nadir
