#include "commands/evaluate.h"

#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "console.h"
#include "core/text.h"
#include "gate_options.h"
#include "image_report.h"
#include "table.h"

namespace nadir {

EvaluateCommand::EvaluateCommand(CLI::App& app) {
  app.add_option("model", model_, "A run folder, or a model file")->required();
  app.add_option("recipe", recipe_, "With a model file: a recipe whose classes and data to score it on");
  app.add_option("--part", part_, "train, val or test")->capture_default_str();
  app.add_flag("--baselines", baselines_,
               "Also score the majority class and a logistic regression of the bands");
  app.add_flag("--calibrate", calibrate_,
               "Of a classifier: fit the temperature to the validation part and store it in the run's model");
  add_gate_options(app, gate_.classifier, gate_.thresholds,
                   "masks of classes that it does not see are emptied");
  app.add_option("--report", report_, "Where to write the report; default report.html in the run folder");
  app.add_flag("--json", json_, "Print scores as JSON");
}

namespace {

// The model's card says how to read pixels, the recipe which ones.
EvaluatedRun open_model(const std::string& model, const std::string& recipe) {
  EvaluatedRun run;
  run.recipe = read_recipe(recipe);
  run.model = load_model(model);
  run.data = prepare_data(run.recipe);
  const ModelCard& card = run.model.card;
  if (class_names(card.classes) != class_names(run.recipe.classes)) {
    throw ModelError(model + ": finds " + join_words(class_names(card.classes)) + ", but " + recipe +
                     " lists " + join_words(class_names(run.recipe.classes)));
  }
  if (card.bands.size() != run.data.source->band_names().size()) {
    throw ModelError(model + ": needs " + counted(static_cast<std::int64_t>(card.bands.size()), "band") +
                     " (" + join_words(card.bands) + "), but " + recipe + " gives " +
                     join_words(run.data.source->band_names()));
  }
  return run;
}

std::string number(double value) { return std::isfinite(value) ? fixed(value, 4) : "-"; }

void print_comparison(const EvaluatedRun& run) {
  std::vector<std::string> head = {"", "pixel accuracy", "mean IoU", "mean Dice", "kappa"};
  for (const std::string& name : class_names(run.recipe.classes)) head.push_back("IoU " + name);
  Table table(head);
  const auto row = [&](const std::string& name, const Scores& s) {
    std::vector<std::string> cells = {name, number(s.pixel_accuracy), number(s.mean_iou), number(s.mean_dice),
                                      number(s.kappa)};
    for (const ClassScores& each : s.per_class) cells.push_back(number(each.iou));
    table.add(cells);
  };
  row(run.recipe.model.name + (run.ungated ? " behind the gate" : ""), scores_of(run));
  if (run.ungated) {
    const TaskScores& alone = *run.ungated;
    row(run.recipe.model.name + " alone",
        alone.labels().classes() > 0 ? scores(alone.labels()) : scores(alone.matrix()));
  }
  for (const Baseline& each : run.baselines) row(each.name, scores(each.matrix));
  std::cout << table.text();
}

void print_classes(const EvaluatedRun& run) {
  Table table({"class", "IoU", "Dice", "precision", "recall", "pixels"});
  const Scores s = scores_of(run);
  for (std::size_t k = 0; k < s.per_class.size(); ++k) {
    const ClassScores& each = s.per_class[k];
    table.add({run.recipe.classes[k].name, number(each.iou), number(each.dice), number(each.precision),
               number(each.recall), with_thousands(each.support)});
  }
  std::cout << table.text();
}

// The metrics that the recipe asks for beside these.
void print_more(const EvaluatedRun& run) {
  Table table({"metric", "value"});
  const auto values = run.scored->scores.values();
  const std::size_t shown = named_scores(scores_of(run), class_names(run.recipe.classes)).size();
  if (values.size() == shown) return;
  for (std::size_t i = shown; i < values.size(); ++i) table.add({values[i].first, number(values[i].second)});
  std::cout << "\n" << table.text();
}

// Of each class, whether it is there against whether it was found.
void print_label_counts(const EvaluatedRun& run) {
  Table table({"class", "there, found", "there, missed", "not there, found", "not there, not found"});
  const auto& counts = run.scored->scores.labels().counts();
  for (std::size_t k = 0; k < counts.size(); ++k)
    table.add({run.recipe.classes[k].name, with_thousands(counts[k].true_positive),
               with_thousands(counts[k].false_negative), with_thousands(counts[k].false_positive),
               with_thousands(counts[k].true_negative)});
  std::cout << "\n" << table.text();
}

void print_confusion(const EvaluatedRun& run) {
  const ConfusionMatrix& matrix = run.scored->scores.matrix();
  if (matrix.classes() == 0) {  // multilabel: no class is mistaken for another
    if (run.images) print_label_counts(run);
    return;
  }
  std::cout << "\n";
  std::vector<std::string> head = {"truth \\ predicted"};
  for (const std::string& name : class_names(run.recipe.classes)) head.push_back(name);
  Table table(head);
  for (std::int64_t truth = 0; truth < matrix.classes(); ++truth) {
    std::vector<std::string> cells = {run.recipe.classes[static_cast<std::size_t>(truth)].name};
    for (std::int64_t predicted = 0; predicted < matrix.classes(); ++predicted) {
      cells.push_back(with_thousands(matrix.count(truth, predicted)));
    }
    table.add(cells);
  }
  std::cout << table.text();
}

nlohmann::ordered_json scores_json(const std::string& name, const ConfusionMatrix& matrix,
                                   const std::vector<std::pair<std::string, double>>& values) {
  nlohmann::ordered_json json = {{"name", name}, {"scores", nlohmann::ordered_json::object()}};
  for (const auto& [key, value] : values) {
    json["scores"][key] =
        std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
  }
  if (matrix.classes() > 0) json["confusion"] = matrix.counts();
  return json;
}

void print_json(const EvaluatedRun& run) {
  nlohmann::ordered_json json = {{"part", run.part}, {"classes", class_names(run.recipe.classes)}};
  const TaskScores& scored = run.scored->scores;
  json["model"] = scores_json(run.recipe.model.name, scored.matrix(), scored.values());
  if (run.ungated)
    json["ungated"] =
        scores_json(run.recipe.model.name + " alone", run.ungated->matrix(), run.ungated->values());
  if (run.images) json["temperature"] = run.model.card.temperature;
  json["baselines"] = nlohmann::ordered_json::array();
  for (const Baseline& each : run.baselines) {
    json["baselines"].push_back(scores_json(
        each.name, each.matrix, named_scores(scores(each.matrix), class_names(run.recipe.classes))));
  }
  std::cout << json.dump(2) << "\n";
}

}  // namespace

int EvaluateCommand::run() {
  Console console;
  const bool is_run = std::filesystem::is_directory(model_);
  if (!is_run && recipe_.empty()) {
    throw ConfigError(model_ +
                      ": is not a run folder; with a model file, name the recipe whose data to score it on");
  }
  EvaluatedRun run = is_run ? open_run(RunFolder(model_)) : open_model(model_, recipe_);
  if (calibrate_) {
    if (!is_run) throw ConfigError("--calibrate needs a run folder, whose validation part it is fitted to");
    console.message(calibrate(run, console));
  }
  evaluate_part(run, part_, baselines_, console, gate_);
  if (json_) {
    print_json(run);
  } else if (run.images) {
    std::cout << part_ << " part, " << counted(scored_pixels(run), "labelled image") << "\n\n"
              << image_scores_text(run);
    print_confusion(run);
  } else {
    std::cout << part_ << " part, " << counted(scored_pixels(run), "labelled pixel") << "\n\n";
    print_comparison(run);
    std::cout << "\n";
    print_classes(run);
    print_more(run);
    if (run.ungated) std::cout << "\n" << gate_text(run);
    print_confusion(run);
  }
  if (is_run || !report_.empty()) {
    write_run_report(run, report_.empty() ? run.folder.report() : std::filesystem::path(report_), console);
  }
  return 0;
}

}  // namespace nadir
