// Whole images with the real program: folders to a report, a table, a coarse map and a gate.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "apps/program.h"
#include "nadir/raster.h"
#include "pictures/picture.h"

namespace nadir {
namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// The pictures in a page, as they stand there.
std::set<std::string> pictures_of(const std::filesystem::path& page) {
  const std::string text = read_text_file(page), begin = "data:image/png;base64,";
  std::set<std::string> found;
  for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1))
    found.insert(text.substr(at, text.find('"', at) - at));
  return found;
}

// Noise around a brightness of its own for each class, in pictures of 20 x 24 pixels. Six of those that
// are called dark are bright, so that no network can be sure.
void write_pictures(const std::filesystem::path& root) {
  torch::manual_seed(3);
  for (const auto& [name, mean] : {std::pair{"dark", 70}, {"bright", 180}}) {
    std::filesystem::create_directories(root / name);
    for (int i = 0; i < 24; ++i) {
      const torch::Tensor noise = torch::randint(0, 60, {24, 20, 3}, torch::kInt64) - 30;
      write_file_atomically(root / name / (std::to_string(i) + ".png"),
                            encode_png_file((noise + (i < 6 ? 180 : mean)).to(torch::kUInt8)));
    }
  }
}

class ClassificationProgramTest : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string write_recipe() const {
    write_pictures(folder_ / "scenes");
    write_file_atomically(
        path("scenes.yaml"),
        "task: classification\n"
        "classes: [{name: dark}, {name: bright}]\n"
        "data:\n"
        "  source: {image_folder: {root: " +
            path("scenes") +
            ", size: [16, 16]}}\n"
            "  split: {by: stratified, train: 0.5, val: 0.25, test: 0.25}\n"
            "  sampler: whole\n"
            "model: {vit_scratch: {image_size: [16, 16], patch: 8, width: 8, depth: 1, heads: 1}}\n"
            "loss: {cross_entropy: 1}\n"
            "optimizer: {adamw: {lr: 0.002}}\n"
            "train: {epochs: 3, batch_size: 6, seed: 1, device: cpu}\n");
    return path("scenes.yaml");
  }
  TemporaryFolder folder_;
};

TEST_F(ClassificationProgramTest, TrainsReportsCalibratesAndPredicts) {
  const std::string recipe = write_recipe(), run = path("run");
  EXPECT_EQ(run_nadir("data preview " + recipe + " -o " + path("sheet.png")).code, 0);
  const Outcome trained = run_nadir("train " + recipe + " -o " + run);
  ASSERT_EQ(trained.code, 0) << trained.errors;
  EXPECT_TRUE(holds(trained.output, "macro_f1")) << trained.output;
  EXPECT_TRUE(holds(trained.output, run + " --part test\n")) << "baselines are of maps: " << trained.output;

  const Outcome scored = run_nadir("evaluate " + run + " --part test --calibrate");
  ASSERT_EQ(scored.code, 0) << scored.errors;
  EXPECT_TRUE(holds(scored.output, "test part, 12 labelled images")) << scored.output;
  EXPECT_TRUE(holds(scored.output, "precision    recall  f1-score   support"));
  EXPECT_TRUE(holds(scored.errors, "fitted on 12 images of the validation part")) << scored.errors;
  EXPECT_NE(read_model_card(run + "/best.safetensors").temperature, 1);
  const std::string report = read_text_file(run + "/report.html");
  for (const char* part :
       {"Classification report", "weighted average", "ROC", "Precision and recall", "Reliability",
        "share of all predictions", "Balanced accuracy", "The most wrong images",
        "Expected calibration error", "Pictures</dt><dd>16 x 16 pixels"}) {
    EXPECT_TRUE(holds(report, part)) << part;
  }
  const auto json = nlohmann::json::parse(run_nadir("evaluate " + run + " --part test --json").output);
  EXPECT_GE(json["model"]["scores"]["accuracy"].get<double>(), 0.7);

  std::filesystem::copy(run, path("again"), std::filesystem::copy_options::recursive);
  const Outcome compared =
      run_nadir("compare " + run + " " + path("again") + " --part test -o " + path("both.html"));
  ASSERT_EQ(compared.code, 0) << compared.errors;
  for (const char* part : {"again", "vit_scratch", "accuracy", "macro_f1"})
    EXPECT_TRUE(holds(compared.output, part)) << compared.output;
  EXPECT_FALSE(holds(compared.output, "weighted_f1")) << compared.output;
  const std::string both = read_text_file(path("both.html"));
  for (const char* part : {"Scores are of the test part", "true bright; run: ", "; again: ", "f1/dark",
                           "The same images of the test part"})
    EXPECT_TRUE(holds(both, part)) << part;
  ASSERT_EQ(run_nadir("compare " + run + " --part val -o " + path("val.html")).code, 0);
  std::set<std::string> pictures = pictures_of(path("both.html")), others = pictures_of(path("val.html"));
  EXPECT_EQ(pictures.size(), 8U);
  const std::size_t all = pictures.size() + others.size();
  pictures.merge(others);
  EXPECT_EQ(pictures.size(), all) << "no picture is of both parts";

  std::filesystem::create_directories(path("new"));
  std::filesystem::copy(path("scenes/dark/20.png"), path("new/a.png"));
  std::filesystem::copy(path("scenes/bright/0.png"), path("new/b.png"));
  write_file_atomically(path("new/broken.png"), "no picture");
  const Outcome table =
      run_nadir("predict " + run + "/best.safetensors " + path("new") + " -o " + path("c.csv"));
  EXPECT_EQ(table.code, 1);
  EXPECT_TRUE(holds(table.errors, "1 image of 3 could not be classified")) << table.errors;
  const std::string csv = read_text_file(path("c.csv"));
  EXPECT_TRUE(holds(csv, "image,class,probability_dark,probability_bright,patches,error\n")) << csv;
  EXPECT_TRUE(holds(csv, "a.png,dark,")) << csv;
  EXPECT_TRUE(holds(csv, "b.png,bright,")) << csv;
  EXPECT_TRUE(holds(csv, "broken.png,,,,,")) << csv;
}

TEST_F(ClassificationProgramTest, MasksTrainAClassifierThatMapsTiles) {
  const std::string water = make_water_recipe(folder_), run = path("run");
  const Outcome trained =
      run_nadir("train " + water + " -o " + run +
                " task=classification 'data.labels={from: masks, rule: present, share: 0.05}' "
                "'data.sampler={balanced_patch: {size: 32, per_image: 64}}' "
                "'model={vit_scratch: {image_size: [32, 32], patch: 16, width: 8, depth: 1, heads: 1}}' "
                "loss=cross_entropy train.epochs=2 train.class_weights=inverse_frequency");
  ASSERT_EQ(trained.code, 0) << trained.errors;
  const Outcome mapped =
      run_nadir("predict " + run + "/best.safetensors " + scene() + " -o " + path("tiles.tif"));
  ASSERT_EQ(mapped.code, 0) << mapped.errors;
  const RasterReader tiles(path("tiles.tif")), whole(scene());
  EXPECT_EQ(tiles.info().height, (whole.info().height + 31) / 32);
  EXPECT_EQ((*tiles.info().geo.transform)[1], 32 * (*whole.info().geo.transform)[1]);
  EXPECT_EQ((*tiles.info().geo.transform)[0], (*whole.info().geo.transform)[0]);
  EXPECT_TRUE(same_crs(tiles.info().geo, whole.info().geo));
}

TEST_F(ClassificationProgramTest, AClassifierIsAGateOfMaps) {
  const std::string clouds = path("clouds"), recipe = path("clouds.yaml");
  ASSERT_EQ(
      run_nadir("data demo-clouds -o " + clouds + " --images 16 --test-images 2 --height 70 --width 105")
          .code,
      0);
  write_file_atomically(recipe,
                        "task: multilabel\n"
                        "classes: [{name: Fish}, {name: Flower}, {name: Gravel}, {name: Sugar}]\n"
                        "data:\n"
                        "  source: {kaggle_clouds: {root: " +
                            clouds +
                            ", size: [32, 48]}}\n"
                            "  split: {train: 0.5, val: 0.5, test: 0, by: scene}\n"
                            "  sampler: whole\n"
                            "model: {unet: {start: 4}}\n"
                            "loss: binary_cross_entropy\n"
                            "optimizer: {adamw: {lr: 0.01}}\n"
                            "train: {epochs: 1, batch_size: 4, seed: 1, device: cpu, monitor: loss}\n");
  ASSERT_EQ(run_nadir("train " + recipe + " -o " + path("maps")).code, 0);
  const Outcome kinds =
      run_nadir("train " + recipe + " -o " + path("kinds") +
                " task=multilabel_classification 'data.labels={from: masks, masks: multilabel, share: 0}' "
                "model=keras_classifier");
  ASSERT_EQ(kinds.code, 0) << kinds.errors;
  EXPECT_TRUE(holds(kinds.output, "kinds --part val\n")) << "there is no test part: " << kinds.output;
  const Outcome kinds_scored = run_nadir("evaluate " + path("kinds") + " --part val");
  EXPECT_TRUE(holds(kinds_scored.output, "not there, found")) << kinds_scored.output;
  EXPECT_TRUE(holds(read_text_file(path("kinds") + "/report.html"), "predicted as no Sugar"));
  const std::string gate = " --gate " + path("kinds") + "/best.safetensors --gate-threshold 0,0,0,1";
  const Outcome scored = run_nadir("evaluate " + path("maps") + " --part val" + gate);
  ASSERT_EQ(scored.code, 0) << scored.errors;
  EXPECT_TRUE(holds(scored.output, "unet behind the gate")) << scored.output;
  EXPECT_TRUE(holds(scored.output,
                    "the gate closed Fish in 0 images, Flower in 0 images, Gravel in 0 images, "
                    "Sugar in 8 images"))
      << scored.output;
  for (const char* part : {"unet alone", "<th scope=\"col\">Score</th>"})
    EXPECT_TRUE(holds(read_text_file(path("maps") + "/report.html"), part)) << part;
  const Outcome mapped = run_nadir("predict " + path("maps") + "/best.safetensors " + clouds +
                                   "/test_images -o " + path("out") + gate);
  ASSERT_EQ(mapped.code, 0) << mapped.errors;
  EXPECT_TRUE(holds(run_nadir("predict " + path("kinds") + "/best.safetensors " + clouds +
                              "/test_images -o " + path("kinds.csv") + gate)
                        .errors,
                    "labels whole images"));
}

}  // namespace
}  // namespace nadir
