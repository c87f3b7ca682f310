// Sweeps, comparisons and range tests, as a user runs them.
#include <gtest/gtest.h>

#include "apps/program.h"
#include "train/small_recipe.h"

namespace nadir {
namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string swept_recipe(const TemporaryFolder& folder) {
  Recipe recipe = small_recipe(folder);
  recipe.train.epochs = 1;
  recipe.train.metrics = {{"study002.overlap", metrics().resolve("study002.overlap", {})}};
  const std::string file = (folder / "swept.yaml").string();
  write_file_atomically(file, recipe_to_yaml(recipe));
  return file;
}

TEST(SweepProgramTest, TrainsEveryCombinationAndComparesThem) {
  const TemporaryFolder folder;
  const std::string out = (folder / "sweep").string();
  const std::string command =
      "sweep " + swept_recipe(folder) + " --over optimizer.lr=0.01,1e30 --over train.seed=1,2 -o " + out;
  const Outcome first = run_nadir(command);
  // A rate of 1e30 ends in a loss that is no number: these runs fail, the others do not.
  EXPECT_EQ(first.code, 1) << first.errors;
  EXPECT_TRUE(holds(first.errors, "lr=1e30,seed=2: the loss became")) << first.errors;
  const std::string page = read_text_file(folder / "sweep" / "report.html");
  for (const char* part : {"lr=0.01,seed=1", "lr=0.01,seed=2", "the loss became", "study002.dice",
                           "best of this column", "Dice of study 002", "Truth"}) {
    EXPECT_TRUE(holds(page, part)) << part;
  }
  const Outcome again = run_nadir(command);
  EXPECT_TRUE(holds(again.errors, "lr=0.01,seed=1: finished before")) << again.errors;

  const Outcome compared = run_nadir("compare " + out + "/lr=0.01,seed=1 " + out + "/lr=0.01,seed=2/ -o " +
                                     (folder / "two.html").string());
  EXPECT_EQ(compared.code, 0) << compared.errors;
  EXPECT_TRUE(holds(compared.output, "lr=0.01,seed=2")) << compared.output;
  EXPECT_TRUE(holds(read_text_file(folder / "two.html"), "lr=0.01,seed=1"));
}

TEST(SweepProgramTest, MistakesAreToldBeforeAnythingRuns) {
  const TemporaryFolder folder;
  const std::string recipe = swept_recipe(folder);
  const std::string out = " -o " + (folder / "sweep").string();
  const Outcome model = run_nadir("sweep " + recipe + " --over model=unet,unte" + out);
  EXPECT_EQ(model.code, 1);
  EXPECT_TRUE(holds(model.errors, "did you mean 'unet'")) << model.errors;
  EXPECT_EQ(run_nadir("sweep " + recipe + out).code, 2);
  EXPECT_FALSE(std::filesystem::exists(folder / "sweep"));
  const Outcome nothing = run_nadir("compare " + folder.path().string());
  EXPECT_TRUE(holds(nothing.errors, "is not a run with a finished epoch")) << nothing.errors;
}

TEST(FindLrProgramTest, SaysARateAndWritesAPage) {
  const TemporaryFolder folder;
  const Outcome found =
      run_nadir("train " + swept_recipe(folder) + " --find-lr -o " + (folder / "out").string());
  EXPECT_EQ(found.code, 0) << found.errors;
  EXPECT_TRUE(holds(found.output, "steepest fall")) << found.output;
  EXPECT_TRUE(holds(read_text_file(folder / "out" / "find-lr.html"), "learning rate"));
  EXPECT_TRUE(read_text_file(folder / "out" / "find-lr.csv").starts_with("lr,loss,smoothed_loss\n"));
}

}  // namespace
}  // namespace nadir
