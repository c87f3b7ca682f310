#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "apps/program.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(CommandLineTest, EveryCommandHasHelpWithAnExample) {
  const std::vector<std::string> commands = {
      "train",      "evaluate",   "predict",          "info",         "models",
      "summary",    "convert",    "data index",       "data inspect", "data preview",
      "data split", "data stats", "data demo-clouds", "explain",      "submit"};
  for (const std::string& command : commands) {
    const Outcome outcome = run_nadir(command + " --help");
    EXPECT_EQ(outcome.code, 0) << command;
    EXPECT_TRUE(has(outcome.output, "Example:\n  nadir " + command)) << outcome.output;
  }
  EXPECT_EQ(run_nadir("--help").code, 0);
  EXPECT_EQ(run_nadir("--version").output, std::string("nadir ") + version() + "\n");
}

TEST(CommandLineTest, WrongUsageIsCode2AndOtherErrorsCode1) {
  EXPECT_EQ(run_nadir("").code, 2);
  EXPECT_EQ(run_nadir("trian x").code, 2);
  EXPECT_EQ(run_nadir("predict model.safetensors").code, 2);
  const Outcome missing = run_nadir("info nothing.safetensors");
  EXPECT_EQ(missing.code, 1);
  EXPECT_TRUE(has(missing.errors, "nothing.safetensors: there is no such file")) << missing.errors;
  EXPECT_EQ(missing.output, "");
}

TEST(CommandLineTest, TheDemosJobOnARealScene) {
  const TemporaryFolder folder;
  const std::string recipe = make_water_recipe(folder);
  const std::string run = (folder / "run").string();

  const Outcome inspected = run_nadir("data inspect " + recipe);
  EXPECT_EQ(inspected.code, 0) << inspected.errors;
  EXPECT_TRUE(has(inspected.output, "no problems"));
  EXPECT_TRUE(has(run_nadir("data stats --json " + recipe).output, "\"class_pixels\""));
  EXPECT_TRUE(has(run_nadir("data split " + recipe).output, "val"));
  EXPECT_EQ(run_nadir("data preview " + recipe + " -o " + (folder / "sheet.png").string()).code, 0);
  EXPECT_GT(fs::file_size(folder / "sheet.png"), 10000U);

  const Outcome trained = run_nadir("train " + recipe + " -o " + run);
  ASSERT_EQ(trained.code, 0) << trained.errors;
  EXPECT_TRUE(has(trained.errors, "epoch 6/6")) << trained.errors;
  EXPECT_TRUE(fs::exists(folder / "run" / "report.html"));

  const Outcome evaluated = run_nadir("evaluate " + run + " --part test --baselines --json");
  ASSERT_EQ(evaluated.code, 0) << evaluated.errors;
  const auto json = nlohmann::json::parse(evaluated.output);
  const double network = json["model"]["scores"]["mean_iou"];
  const double majority = json["baselines"][0]["scores"]["mean_iou"];
  EXPECT_GT(network, majority);
  EXPECT_GT(network, 0.7);
  const std::string report = read_text_file(folder / "run" / "report.html");
  EXPECT_TRUE(has(report, "logistic regression on 3 band values"));

  const std::string model = (folder / "run" / "best.safetensors").string();
  EXPECT_TRUE(has(run_nadir("info " + model).output, "land"));
  EXPECT_TRUE(has(run_nadir("info --json " + model).output, "\"band_numbers\""));
  const std::string drawing = (folder / "network.svg").string();
  const Outcome summary = run_nadir("summary --json " + model + " --graph " + drawing);
  EXPECT_TRUE(has(summary.output, "\"kept_for_backward\"")) << summary.errors;
  EXPECT_TRUE(has(read_text_file(drawing), "down4.block"));
  EXPECT_EQ(run_nadir("summary " + model + " --input 5x64x64").code, 1);

  const Outcome predicted =
      run_nadir("predict " + model + " " + scene() + " -o " + (folder / "water.tif").string() +
                " --probability " + (folder / "p.tif").string() + " --probability-class water --polygons " +
                (folder / "water.gpkg").string() + " --polygon-class water");
  ASSERT_EQ(predicted.code, 0) << predicted.errors;
  const RasterReader image(scene());
  for (const char* name : {"water.tif", "p.tif"}) {
    const RasterReader map((folder / name).string());
    EXPECT_EQ(map.info().height, 352);
    EXPECT_EQ(map.info().width, 349);
    EXPECT_TRUE(same_grid(map.info().geo, image.info().geo));
    EXPECT_TRUE(same_crs(map.info().geo, image.info().geo));
  }
  // The map is water where the mask is, nearly everywhere.
  const RasterReader map((folder / "water.tif").string()), mask((folder / "mask.tif").string());
  const Window whole{0, 0, 352, 349};
  const double agreement = map.read(whole).eq(mask.read(whole)).to(torch::kFloat64).mean().item<double>();
  EXPECT_GT(agreement, 0.9);
  EXPECT_GT(fs::file_size(folder / "water.gpkg"), 1000U);
}

TEST(CommandLineTest, ModelsAndSummaryKnowTheStudysUNet) {
  EXPECT_TRUE(has(run_nadir("models").output, "unet"));
  const Outcome summary = run_nadir("summary unet --input 3x128x128 --classes 8 --batch 8");
  EXPECT_TRUE(has(summary.output, "7,763,272")) << summary.output;
  // Study 002: 24.17 G multiply-adds for a batch of 8 at 128 pixels.
  EXPECT_TRUE(has(summary.output, "24,171,773,952")) << summary.output;
  // What torchinfo printed in the study.
  EXPECT_TRUE(has(summary.output, "27.40 G")) << summary.output;
  EXPECT_TRUE(has(run_nadir("models --json").output, "\"year\": 2015"));
  EXPECT_EQ(run_nadir("summary unet --input 3x128").code, 1);
}

TEST(CommandLineTest, AnInterruptedTrainingSaysHowToGoOn) {
  const TemporaryFolder folder;
  const std::string recipe = make_water_recipe(folder);
  const std::string run = (folder / "run").string();
  // The program gets SIGINT a moment after its first checkpoint is there.
  const std::string script =
      "train.epochs=500 -o " + run + " & pid=$!; while [ ! -e " + run +
      "/state/checkpoint.safetensors ]; do sleep 0.05; done; sleep 0.3; kill -INT $pid; wait $pid";
  const Outcome stopped = run_nadir("train " + recipe + " " + script);
  EXPECT_EQ(stopped.code, 130) << stopped.errors;
  EXPECT_TRUE(has(stopped.errors, "nadir train --resume " + run)) << stopped.errors;
}

}  // namespace
}  // namespace nadir
