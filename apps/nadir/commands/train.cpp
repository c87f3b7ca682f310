#include "commands/train.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <iostream>

#include "console.h"
#include "core/text.h"
#include "nadir/nadir.h"
#include "run_report.h"
#include "train/find_lr.h"

namespace nadir {

TrainCommand::TrainCommand(CLI::App& app) {
  CLI::Option* recipe = app.add_option("recipe", recipe_, "The recipe, a YAML file (docs/recipes.md)");
  app.add_option("overrides", overrides_,
                 "Settings that replace the recipe's: train.epochs=5 model.unet.start=16");
  app.add_option("-o,--output", output_, "The run folder to make; default runs/NAME")
      ->excludes(app.add_option("--resume", resume_, "A run folder to go on with, from where it stopped")
                     ->excludes(recipe));
  app.add_flag("--find-lr", find_lr_,
               "Do not train: try 100 rates from 1e-7 to 10, a step each, and say which one to begin with");
}

namespace {

// Two digits: a range test says no more.
std::string significant(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1e", value);
  return text.data();
}

// Loss by rate, as CSV and as a page.
void write_range_test(const RangeTest& test, const Recipe& recipe, const std::filesystem::path& folder) {
  std::string csv = "lr,loss,smoothed_loss\n";
  ReportCurve loss{"loss", {}}, smoothed{"smoothed", {}};
  for (std::size_t i = 0; i < test.rates.size(); ++i) {
    csv += shortest(test.rates[i]) + "," + shortest(test.losses[i]) + "," + shortest(test.smoothed[i]) + "\n";
    loss.points.emplace_back(std::log10(test.rates[i]), test.losses[i]);
    smoothed.points.emplace_back(std::log10(test.rates[i]), test.smoothed[i]);
  }
  write_file_atomically(folder / "find-lr.csv", csv);
  Report report;
  report.title = recipe.name + ": learning rates";
  report.summary = "The loss while the rate grows exponentially, one step each. It falls fastest at " +
                   significant(test.steepest) + ", marked in the chart.";
  report.facts = {{"Steepest fall", significant(test.steepest)},
                  {"A tenth of the lowest point's", significant(test.lowest)},
                  {"Steps", std::to_string(test.rates.size())},
                  {"Network", recipe.model.name},
                  {"Batch size", std::to_string(recipe.train.batch_size)}};
  report.charts = {{"Loss by the logarithm (base 10) of the learning rate", {loss, smoothed}}};
  report.marked_epoch = std::log10(test.steepest);
  report.recipe = recipe_to_yaml(recipe);
  write_report(folder / "find-lr.html", report);
}

void report_end(const EvaluatedRun& run, const TrainResult& result) {
  const RunFolder& folder = run.folder;
  const std::string part = run.data.test ? "test" : run.data.val ? "val" : "train";
  const bool baselines = run.data.labels.task == Task::kMulticlass;
  std::cout << "best epoch " << result.best_epoch << ", " << run.recipe.train.monitor << " "
            << fixed(result.best_score, 4) << "\n"
            << "model   " << folder.best().string() << "\n"
            << "report  " << folder.report().string() << "\n"
            << "next    nadir evaluate " << folder.path().string() << " --part " << part
            << (baselines ? " --baselines" : "") << "\n";
}

// How what was learnt is used: a whole model, a U-Net, or low-rank changes of one.
void report_generation_end(const RunFolder& folder, const TrainResult& result) {
  const std::filesystem::path learnt = folder.path() / "diffusers";
  std::string use = "--model " + learnt.string();
  if (std::filesystem::exists(learnt / "pytorch_lora_weights.safetensors")) {
    use = "--model … --lora " + (learnt / "pytorch_lora_weights.safetensors").string();
  } else if (!std::filesystem::exists(learnt / "model_index.json")) {
    use = "--model … --unet " + (learnt / "unet").string();
  }
  std::cout << "epochs  " << result.epochs.size() << "\n"
            << "model   " << learnt.string() << "\n"
            << "report  " << folder.report().string() << "\n"
            << "next    nadir generate \"…\" " << use << " -o out\n";
}

}  // namespace

int TrainCommand::find_lr() const {
  Console console;
  if (recipe_.empty()) throw ConfigError("name a recipe: nadir train recipe.yaml --find-lr");
  const Recipe recipe = read_recipe(recipe_, overrides_);
  const RangeTest test = find_learning_rate(recipe, {}, console);
  const std::filesystem::path folder = output_.empty() ? "runs/" + recipe.name : output_;
  write_range_test(test, recipe, folder);
  std::cout << "steepest fall         " << significant(test.steepest) << "\n"
            << "lowest point, tenth   " << significant(test.lowest) << "\n"
            << "report                " << (folder / "find-lr.html").string() << "\n"
            << "next                  nadir train " << recipe_ << " optimizer." << recipe.optimizer.name
            << ".lr=" << significant(test.steepest) << "\n";
  return 0;
}

int TrainCommand::run() {
  if (find_lr_) return find_lr();
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
  if (recipe.task == "generation") {
    write_generation_report(folder, console);
    report_generation_end(folder, result);
    return 0;
  }
  EvaluatedRun evaluated = open_run(folder);
  if (evaluated.data.val) evaluate_part(evaluated, "val", false, console);
  write_run_report(evaluated, folder.report(), console);
  report_end(evaluated, result);
  return 0;
}

}  // namespace nadir
