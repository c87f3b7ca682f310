#include "commands/train.h"

#include <iostream>

#include "console.h"
#include "core/text.h"
#include "nadir/nadir.h"
#include "run_report.h"

namespace nadir {

TrainCommand::TrainCommand(CLI::App& app) {
  CLI::Option* recipe = app.add_option("recipe", recipe_, "The recipe, a YAML file (docs/recipes.md)");
  app.add_option("overrides", overrides_,
                 "Settings that replace the recipe's: train.epochs=5 model.unet.start=16");
  app.add_option("-o,--output", output_, "The run folder to make; default runs/NAME")
      ->excludes(app.add_option("--resume", resume_, "A run folder to go on with, from where it stopped")
                     ->excludes(recipe));
}

namespace {

void report_end(const RunFolder& folder, const Recipe& recipe, const TrainResult& result) {
  std::cout << "best epoch " << result.best_epoch << ", " << recipe.train.monitor << " "
            << fixed(result.best_score, 4) << "\n"
            << "model   " << folder.best().string() << "\n"
            << "report  " << folder.report().string() << "\n"
            << "next    nadir evaluate " << folder.path().string() << " --part test --baselines\n";
}

}  // namespace

int TrainCommand::run() {
  const bool resume = !resume_.empty();
  if (!resume && recipe_.empty()) {
    throw ConfigError(
        "name a recipe to train, or a run folder to go on with: nadir train recipe.yaml | --resume RUN");
  }
  Console console;
  const Recipe recipe =
      resume ? read_recipe(RunFolder(resume_).recipe(), overrides_) : read_recipe(recipe_, overrides_);
  const RunFolder folder(resume ? resume_ : output_.empty() ? "runs/" + recipe.name : output_);
  const TrainResult result = train(recipe, folder, resume, console);
  EvaluatedRun evaluated = open_run(folder);
  if (evaluated.data.val) evaluate_part(evaluated, "val", false, console);
  write_run_report(evaluated, folder.report(), console);
  report_end(folder, recipe, result);
  return 0;
}

}  // namespace nadir
