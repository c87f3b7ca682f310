#include "commands/submit.h"

#include <iostream>

#include "console.h"
#include "core/text.h"
#include "nadir/nadir.h"
#include "table.h"
#include "train/submission.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

void print_rule(const SubmissionRule& rule, const std::vector<ClassInfo>& classes) {
  Table table({"class", "threshold", "least size", "Dice"});
  for (std::size_t k = 0; k < classes.size(); ++k) {
    table.add({classes[k].name, fixed(rule.threshold[k], 2), with_thousands(rule.min_size[k]),
               fixed(rule.dice[k], 4)});
  }
  std::cout << table.text();
}

}  // namespace

SubmitCommand::SubmitCommand(CLI::App& app) {
  app.add_option("model", model_, "A run folder of source kaggle_clouds, or a model file in it")->required();
  app.add_option("images", images_, "The folder of pictures to submit; without it, only tunes");
  app.add_option("-o,--output", output_, "The CSV file")->capture_default_str();
  app.add_flag("--tune", tune_, "Find each class's threshold and least size on the validation part again");
}

int SubmitCommand::run() {
  Console console;
  const RunFolder run(fs::is_directory(model_) ? fs::path(model_) : fs::path(model_).parent_path());
  const Recipe recipe = read_recipe(run.recipe());
  const LoadedModel model = load_model(fs::is_directory(model_) ? run.best() : fs::path(model_));
  const fs::path stored = run.path() / "submit.json";
  SubmissionRule rule;
  if (tune_ || images_.empty() || !fs::exists(stored)) {
    rule = tune_submission(recipe, model, run.split(), console);
    write_file_atomically(stored, rule_to_json(rule, recipe.classes));
    print_rule(rule, recipe.classes);
    std::cout << "wrote " << stored.string() << "\n";
  } else {
    rule = rule_from_json(read_text_file(stored), stored.string(), recipe.classes);
  }
  if (images_.empty()) return 0;
  const Submission submission = make_submission(recipe, model, rule, images_, console);
  write_file_atomically(output_, submission.csv);
  std::cout << "wrote " << output_ << ": " << counted(submission.images, "picture") << ", "
            << counted(submission.masks, "mask") << " at " << rule.width << " x " << rule.height << "\n";
  return 0;
}

}  // namespace nadir
