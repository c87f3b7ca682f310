#include "run_report.h"

#include <map>

#include "core/text.h"
#include "image_report.h"
#include "models/gate.h"
#include "train/task_scores.h"
#ifdef NADIR_RASTER
#include "pictures.h"
#endif

namespace nadir {

EvaluatedRun open_run(const RunFolder& folder) {
  if (!std::filesystem::exists(folder.recipe())) {
    throw ConfigError(folder.path().string() + ": is not a run folder: it has no recipe.yaml");
  }
  EvaluatedRun run;
  run.folder = folder;
  run.recipe = read_recipe(folder.recipe());
  if (run.recipe.task == "generation") {
    throw ConfigError(folder.path().string() +
                      ": is a run of task generation, which has no labels to score; what it learnt is in " +
                      (folder.path() / "diffusers").string() + ", for nadir generate");
  }
  run.model = load_model(folder.best());
  run.data = prepare_data(run.recipe, folder.split());
  return run;
}

const Dataset& part_of(const PreparedData& data, const std::string& part) {
  const std::map<std::string, const Dataset*> parts = {
      {"train", data.train_plain.get()}, {"val", data.val.get()}, {"test", data.test.get()}};
  const auto found = parts.find(part);
  if (found == parts.end()) throw ConfigError("part '" + part + "' is unknown; use train, val or test");
  if (!found->second) {
    throw ConfigError("the " + part + " part of this data is empty; give data.split." + part +
                      " a share above 0");
  }
  return *found->second;
}

namespace {

// The network alone is scored on the way to what passes the gate.
BatchVisitor gated(EvaluatedRun& run, const GateOptions& options) {
  const torch::Device device = choose_device(run.recipe.train.device);
  const auto gate =
      std::make_shared<ClassGate>(options.classifier, run.model.card, options.thresholds, device);
  run.ungated = task_scores(run.data.labels, run.recipe.train);
  run.gated.assign(run.recipe.classes.size(), 0);
  return [&run, gate, device](const Batch& batch, torch::Tensor& logits) {
    run.ungated->add(logits, batch.targets.to(device));
    const torch::Tensor passes = gate->passes(batch.images, batch.valid);
    for (std::size_t k = 0; k < run.gated.size(); ++k)
      run.gated[k] += passes.select(1, static_cast<std::int64_t>(k)).logical_not().sum().item<std::int64_t>();
    logits = ClassGate::close(logits, passes);
  };
}

}  // namespace

void evaluate_part(EvaluatedRun& run, const std::string& part, bool baselines, ProgressObserver& observer,
                   const GateOptions& gate) {
  const Dataset& dataset = part_of(run.data, part);
  if (baselines && run.data.labels.task != Task::kMulticlass) {
    throw ConfigError("baselines are there for the multiclass task alone");
  }
  const bool images = labels_images(run.data.labels.task);
  if (images && !gate.classifier.empty())
    throw ConfigError("--gate is for networks that label pixels; " + run.recipe.name +
                      " labels whole images");
  run.part = part;
  std::vector<ImageOutputs> batches;
  const BatchVisitor visit = images                     ? collect_outputs(batches)
                             : !gate.classifier.empty() ? gated(run, gate)
                                                        : BatchVisitor();
  run.scored = evaluate(*run.model.model, run.model.card.normalization, dataset, run.data.labels,
                        run.recipe.train, nullptr, observer, visit);
  if (images) run.images = join_outputs(batches);
  if (!baselines) return;
  run.baselines =
      evaluate_baselines(run.model.card.normalization, part_of(run.data, "train"), dataset, run.data.labels,
                         static_cast<std::uint64_t>(run.recipe.train.seed), observer);
}

std::vector<ReportCurve> curves(const std::vector<EpochRecord>& epochs,
                                const std::vector<std::string>& names) {
  std::vector<ReportCurve> result;
  for (const std::string& name : names) {
    ReportCurve curve{name, {}};
    for (const EpochRecord& record : epochs) {
      for (const auto& [key, value] : record.values) {
        if (key == name) curve.points.emplace_back(static_cast<double>(record.epoch), value);
      }
    }
    if (!curve.points.empty()) result.push_back(std::move(curve));
  }
  return result;
}

// Of the metrics beside the task's own: one chart each, and none for single classes.
std::vector<std::pair<std::string, std::string>> extra_charts(const std::vector<EpochRecord>& epochs) {
  static const std::vector<std::pair<std::string, std::string>> kCharts = {
      {"Accuracy", "accuracy"},
      {"Mean PR-AUC", "mean_pr_auc"},
      {"Mean ROC-AUC", "mean_roc_auc"},
      {"Mean boundary F1", "mean_boundary_f1"},
      {"Soft Dice", "soft_dice"},
      {"Competition Dice", "competition_dice"},
      {"Dice of study 000", "study000.dice"},
      {"Dice of study 002", "study002.dice"},
      {"IoU of study 002", "study002.iou"},
      {"Dice of study 003", "study003.mean_dice"},
      {"Dice of study 004", "study004.dice"}};
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& each : kCharts) {
    if (!curves(epochs, {"train/" + each.second}).empty()) found.push_back(each);
  }
  return found;
}

std::int64_t scored_pixels(const EvaluatedRun& run) {
  const LabelCounts& labels = run.scored->scores.labels();
  return labels.classes() > 0 ? labels.total() / labels.classes() : run.scored->scores.matrix().total();
}

Scores scores_of(const EvaluatedRun& run) {
  const TaskScores& scored = run.scored->scores;
  return scored.labels().classes() > 0 ? scores(scored.labels()) : scores(scored.matrix());
}

std::string part_name(const std::string& part) {
  return part == "val" ? "validation" : part == "train" ? "training" : part;
}

namespace {

// "A unet", "An enet"
std::string with_article(const std::string& network) {
  const bool vowel = std::string("aeio").find(network.front()) != std::string::npos;
  return (vowel ? "An " : "A ") + network;
}

std::string summary_text(const EvaluatedRun& run) {
  std::string text = with_article(run.recipe.model.name) + " that finds ";
  std::vector<std::string> names;
  for (const ClassInfo& each : run.recipe.classes) names.push_back(each.name);
  text += join_words(names) + " from " + join_words(run.model.card.bands) + ".";
  if (!run.part.empty()) {
    text += " Scored on the " + part_name(run.part) + " part, " +
            counted(scored_pixels(run), labels_images(run.data.labels.task) ? "image" : "labelled pixel") +
            (run.part == "train" ? ", which it was trained on." : " that training never saw.");
  }
  return text;
}

// What the network saw in training: patches of rasters, or whole pictures at one size.
std::pair<std::string, std::string> input_size(const ModelCard& card) {
  const bool whole = !card.image_size.empty();
  const std::int64_t width = whole ? card.image_size[1] : card.tile;
  const std::int64_t height = whole ? card.image_size[0] : card.tile;
  return {whole ? "Pictures" : "Patches", std::to_string(width) + " x " + std::to_string(height) + " pixels"};
}

std::vector<std::pair<std::string, std::string>> facts(const EvaluatedRun& run) {
  const auto& training = run.model.card.training;
  const auto epoch = training.find("epochs");
  std::vector<std::pair<std::string, std::string>> result = {
      {"Network", run.recipe.model.name},
      {"Parameters", with_thousands(count_parameters(*run.model.model).total)},
      {"Bands", join_words(run.model.card.bands)},
      {"Best epoch",
       (epoch == training.end() ? "?" : epoch->second) + " of " + std::to_string(run.recipe.train.epochs)},
      input_size(run.model.card),
      {"Batch size", std::to_string(run.recipe.train.batch_size)},
      {"Seed", std::to_string(run.recipe.train.seed)}};
  if (run.model.card.resolution) {
    result.emplace_back("Ground resolution", fixed(*run.model.card.resolution, 1) + " m");
  }
  for (const std::string& remark : run.data.source->remarks()) result.emplace_back("Note", remark);
  return result;
}

}  // namespace

void write_run_report(const EvaluatedRun& run, const std::filesystem::path& file,
                      ProgressObserver& observer) {
  Report report;
  report.title = run.recipe.name;
  report.summary = summary_text(run);
  report.facts = facts(run);
  report.classes = run.recipe.classes;
  report.task = run.data.labels.task;
  if (!run.part.empty()) {
    const TaskScores& scored = run.scored->scores;
    const std::string name = run.recipe.model.name;
    report.scores.push_back(
        {run.ungated ? name + " behind the gate" : name, scored.matrix(), true, scored.labels()});
    if (run.ungated)
      report.scores.push_back({name + " alone", run.ungated->matrix(), false, run.ungated->labels()});
    for (const Baseline& each : run.baselines)
      report.scores.push_back({.name = each.name, .matrix = each.matrix});
  }
  const std::vector<EpochRecord> epochs = read_epochs(run.folder);
  report.charts = {{"Loss", curves(epochs, {"train/loss", "val/loss"})},
                   {"Mean IoU", curves(epochs, {"train/mean_iou", "val/mean_iou"})},
                   {"Macro F1", curves(epochs, {"train/macro_f1", "val/macro_f1"})}};
  for (const auto& [title, column] : extra_charts(epochs)) {
    report.charts.emplace_back(title, curves(epochs, {"train/" + column, "val/" + column}));
  }
  report.charts.emplace_back("Learning rate", curves(epochs, {"lr"}));
  const auto epoch = run.model.card.training.find("epochs");
  if (epoch != run.model.card.training.end()) report.marked_epoch = std::stod(epoch->second);
  if (run.ungated) report.tables.push_back(gate_table(run));
  if (run.images) add_image_report(run, report);
#ifdef NADIR_RASTER
  report.galleries = make_galleries(run, observer);
#endif
  report.recipe = recipe_to_yaml(run.recipe);
  write_report(file, report);
  observer.message("wrote " + file.string());
}

void write_generation_report(const RunFolder& folder, ProgressObserver& observer) {
  const Recipe recipe = read_recipe(folder.recipe());
  const std::vector<EpochRecord> epochs = read_epochs(folder);
  Report report;
  report.title = recipe.name;
  report.summary = with_article(recipe.model.name) +
                   " that makes images from captions. The loss is that of the noise "
                   "which it takes away.";
  report.facts = {{"Epochs", std::to_string(epochs.size())},
                  {"Batch size", std::to_string(recipe.train.batch_size)},
                  {"Seed", std::to_string(recipe.train.seed)}};
  report.charts = {{"Loss", curves(epochs, {"train/loss", "val/loss"})},
                   {"Learning rate", curves(epochs, {"lr"})}};
  report.recipe = recipe_to_yaml(recipe);
  write_report(folder.report(), report);
  observer.message("wrote " + folder.report().string());
}

}  // namespace nadir
