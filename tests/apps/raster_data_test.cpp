// nadir data resize and prepare, polygons as labels, and what is said of files that do not fit.
#include <gtest/gtest.h>

#include <fstream>

#include "apps/program.h"

namespace nadir {
namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(DataResizeTest, ShrinksARealSceneAndItsMask) {
  const TemporaryFolder folder;
  make_water_recipe(folder);
  const std::string out = (folder / "small").string();
  const std::string mask = (folder / "mask.tif").string();
  const Outcome image = run_nadir("data resize " + scene() + " --size 175x176 -o " + out);
  ASSERT_EQ(image.code, 0) << image.errors;
  EXPECT_TRUE(has(image.output, "L7_ETMs.tif: 175 x 176 (from 349 x 352, lanczos4)")) << image.output;
  ASSERT_EQ(run_nadir("data resize " + mask + " --size 175x176 --mask -o " + out).code, 0);
  const RasterReader small(out + "/L7_ETMs.tif"), labels(out + "/mask.tif");
  const RasterReader whole(scene());
  EXPECT_TRUE(same_grid(small.info().geo, labels.info().geo));
  EXPECT_NEAR((*small.info().geo.transform)[1], (*whole.info().geo.transform)[1] * 349 / 175, 1e-9);
  EXPECT_EQ(labels.info().category_names.at(1), "water");
  EXPECT_LE(
      labels.read({0, 0, 176, 175}).ne(255).to(at::kInt).mul(labels.read({0, 0, 176, 175})).max().item<int>(),
      1);
}

TEST(DataResizeTest, SaysHowItIsUsed) {
  const TemporaryFolder folder;
  const std::string out = " -o " + (folder / "x.tif").string();
  EXPECT_TRUE(has(run_nadir("data resize " + scene() + out).errors, "say how large"));
  EXPECT_TRUE(
      has(run_nadir("data resize " + scene() + " --size 12" + out).errors, "expected columns x rows"));
  EXPECT_EQ(run_nadir("data resize " + scene() + " --size 9x9 --mask --method nearest" + out).code, 2);
  const std::string copy = (folder / "L7_ETMs.tif").string();
  std::filesystem::copy(scene(), copy);
  EXPECT_TRUE(has(run_nadir("data resize " + copy + " --factor 0.5 -o " + folder.path().string()).errors,
                  "would be overwritten"));
}

TEST(DataPrepareTest, AnotherMachineTrainsOnWhatWasPrepared) {
  const TemporaryFolder folder;
  const std::string recipe = make_water_recipe(folder);
  const std::string file = (folder / "water.safetensors").string();
  const Outcome prepared = run_nadir("data prepare " + recipe + " -o " + file);
  ASSERT_EQ(prepared.code, 0) << prepared.errors;
  EXPECT_TRUE(has(prepared.output, "36 samples")) << prepared.output;  // 6 x 6 blocks of 64 pixels
  const std::string there = " 'data.source={prepared: {file: " + file + "}}' 'data.split={by: source}' ";
  const Outcome split = run_nadir("data split " + recipe + there);
  EXPECT_TRUE(has(split.output, "train")) << split.errors;
  const Outcome trained =
      run_nadir("train " + recipe + there + "train.epochs=2 -o " + (folder / "run").string());
  ASSERT_EQ(trained.code, 0) << trained.errors;
  const ModelCard card = read_model_card(folder / "run" / "best.safetensors");
  EXPECT_EQ(card.band_numbers, (std::vector<std::int64_t>{3, 2, 1}));  // predict reads these from rasters
  const Outcome drawn = run_nadir("data prepare " + recipe + " -o " + file + " --part train --draw 1");
  EXPECT_TRUE(has(drawn.output, " samples")) << drawn.errors;
}

// A square of water over the Landsat scene, in WGS 84.
std::string polygon_recipe(const TemporaryFolder& folder, const std::string& ring) {
  std::ofstream(folder / "lakes.geojson")
      << R"({"type":"FeatureCollection","features":[{"type":"Feature","id":7,"properties":{"kind":"water"},)"
      << R"("geometry":{"type":"Polygon","coordinates":[[)" << ring << "]]}}]}";
  const std::string recipe = (folder / "lakes.yaml").string();
  write_file_atomically(recipe,
                        "classes: [{name: land}, {name: water}]\n"
                        "data:\n"
                        "  source: {raster_vectors: {images: " +
                            scene() + ", polygons: " + (folder / "lakes.geojson").string() +
                            ", attribute: kind}}\n"
                            "  split: {block: 64, buffer: 8}\n"
                            "  sampler: {balanced_patch: {size: 32, per_image: 32}}\n"
                            "model: {unet: {start: 4}}\n"
                            "loss: {cross_entropy: 1}\n"
                            "optimizer: {adamw: {lr: 0.01}}\n"
                            "train: {epochs: 1, batch_size: 8, device: cpu}\n");
  return recipe;
}

TEST(PolygonLabelsTest, TrainWithoutBurningMasks) {
  const TemporaryFolder folder;
  const std::string recipe =
      polygon_recipe(folder, "[-34.88,-7.97],[-34.84,-7.97],[-34.84,-8.02],[-34.88,-8.02],[-34.88,-7.97]");
  const Outcome stats = run_nadir("data stats " + recipe);
  ASSERT_EQ(stats.code, 0) << stats.errors;
  EXPECT_TRUE(has(stats.output, "water"));
  EXPECT_EQ(run_nadir("data inspect " + recipe).code, 0);
  EXPECT_EQ(run_nadir("train " + recipe + " -o " + (folder / "run").string()).code, 0);
}

TEST(PolygonLabelsTest, ABrokenRingEndsInspectionWithItsName) {
  const TemporaryFolder folder;
  const std::string recipe =
      polygon_recipe(folder, "[-34.88,-7.97],[-34.84,-8.02],[-34.84,-7.97],[-34.88,-8.02],[-34.88,-7.97]");
  const Outcome outcome = run_nadir("data inspect " + recipe);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_TRUE(has(outcome.output + outcome.errors, "feature 7 has a broken ring: Self-intersection"))
      << outcome.output << outcome.errors;
  EXPECT_EQ(run_nadir("data inspect " + recipe + " data.source.raster_vectors.repair=true").code, 0);
}

}  // namespace
}  // namespace nadir
