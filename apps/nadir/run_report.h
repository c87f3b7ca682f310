// What train and evaluate share: a finished run opened again, scored, and shown as report.html.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "nadir/nadir.h"
#include "train/image_outputs.h"

namespace nadir {

struct EvaluatedRun {
  RunFolder folder{""};
  Recipe recipe;
  LoadedModel model;
  PreparedData data;
  std::string part;                    // what was scored: "val", "test", …; "" when nothing was
  std::optional<Evaluation> scored;    // of the model, on that part
  std::vector<Baseline> baselines;     // on the same pixels
  std::optional<ImageOutputs> images;  // of a network that labels whole images
  // With a gate, `scored` is what passes it; this is the network alone.
  std::optional<TaskScores> ungated;
  std::vector<std::int64_t> gated;  // [K] images in which the gate closed each class
};
// A classifier before the network: docs/classification.md.
struct GateOptions {
  std::string classifier;  // a model file; "": none
  std::vector<double> thresholds = {0.5};
};

// The recipe, the stored split and the best weights of a run folder.
EvaluatedRun open_run(const RunFolder& folder);
const Dataset& part_of(const PreparedData& data, const std::string& part);
std::string part_name(const std::string& part);  // in a sentence: "validation" of "val"
// Scores the model on a part, and the baselines when asked.
void evaluate_part(EvaluatedRun& run, const std::string& part, bool baselines, ProgressObserver& observer,
                   const GateOptions& gate = {});
// The curves of the columns that the epochs have; no curve for the others.
std::vector<ReportCurve> curves(const std::vector<EpochRecord>& epochs,
                                const std::vector<std::string>& columns);
// Charts of the metrics beside the task's own: title and column without its part.
std::vector<std::pair<std::string, std::string>> extra_charts(const std::vector<EpochRecord>& epochs);
// Pixels that were compared with the truth.
std::int64_t scored_pixels(const EvaluatedRun& run);
Scores scores_of(const EvaluatedRun& run);
void write_run_report(const EvaluatedRun& run, const std::filesystem::path& file, ProgressObserver& observer);
// Of a run of task generation, which has no labels to be scored by: its curves and its recipe.
void write_generation_report(const RunFolder& folder, ProgressObserver& observer);

}  // namespace nadir
