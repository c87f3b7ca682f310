#include "train/callbacks/tracking.h"

#include <chrono>

#include "core/parse_number.h"
#include "train/callbacks/sample_pictures.h"
#include "train/tracking/tensorboard.h"
#ifdef NADIR_DOWNLOAD
#include "train/tracking/mlflow.h"
#endif

namespace nadir {
namespace {

constexpr std::int64_t kStepsBetween = 20;  // of the values that are told within an epoch

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Parameter parameter(const ConfigNode& node) {
  if (!node.quoted() && (node.text() == "true" || node.text() == "false")) return node.text() == "true";
  const auto number = parse_number<double>(node.text());
  if (!node.quoted() && number) return *number;
  return node.text();
}

// "optimizer.adamw.lr": 0.001
void flatten(const ConfigNode& node, const std::string& prefix,
             std::vector<std::pair<std::string, Parameter>>& settings) {
  const std::string dot = prefix.empty() ? "" : ".";
  for (const auto& [name, value] : node.entries()) flatten(value, prefix + dot + name, settings);
  for (std::size_t i = 0; i < node.items().size(); ++i) {
    flatten(node.items()[i], prefix + dot + std::to_string(i), settings);
  }
  if (node.is_scalar() && !node.text().empty()) settings.emplace_back(prefix, parameter(node));
}

RunFacts facts_of(const TrainingRun& run, const std::vector<std::string>& compared) {
  RunFacts facts{.name = run.recipe.name,
                 .scores = compared,
                 .resumed = run.state.step > 0,
                 .step = run.state.step,
                 .time = now()};
  flatten(write_config(run.recipe), "", facts.settings);
  return facts;
}

std::vector<std::unique_ptr<BackgroundTracker>> make_trackers(const TrainingRun& run) {
  std::vector<std::unique_ptr<BackgroundTracker>> trackers;
  const auto add = [&](std::unique_ptr<Tracker> tracker, std::shared_ptr<std::atomic<bool>> cancelled) {
    trackers.push_back(std::make_unique<BackgroundTracker>(std::move(tracker), std::move(cancelled)));
  };
  const TrackConfig& config = run.recipe.track;
  if (config.tensorboard) {
    add(std::make_unique<TensorBoard>(run.folder.tensorboard()), std::make_shared<std::atomic<bool>>(false));
  }
#ifdef NADIR_DOWNLOAD
  if (!config.mlflow.empty()) {
    const auto cancelled = std::make_shared<std::atomic<bool>>(false);
    add(std::make_unique<MlflowTracker>(config.mlflow, config.experiment, run.folder.state() / "mlflow.json",
                                        cancelled),
        cancelled);
  }
#else
  if (!config.mlflow.empty()) {
    throw ConfigError("track.mlflow: this nadir was built without libcurl (NADIR_DOWNLOAD=OFF)");
  }
#endif
  return trackers;
}

}  // namespace

Tracking::~Tracking() { end(RunEnd::kFailed); }

void Tracking::before_run(TrainingRun& run) {
  trackers_ = make_trackers(run);
  step_ = run.state.step;
  submit([facts = facts_of(run, compared_)](Tracker& tracker) { tracker.begin(facts); });
}

void Tracking::after_step(TrainingRun& run) {
  step_ = run.state.step;
  if (step_ % kStepsBetween == 1) {
    submit([step = step_, time = now(), loss = run.step_loss, lr = run.step_lr](Tracker& tracker) {
      tracker.scalars(step, time, {{"step/loss", loss}, {"step/lr", lr}});
    });
  }
  tell_trouble(run);
}

void Tracking::after_epoch(TrainingRun& run, const EpochRecord& record) {
  std::vector<std::pair<std::string, double>> values = record.values;
  values.emplace_back("epoch", static_cast<double>(record.epoch));
  submit([step = step_, time = now(), values = std::move(values)](Tracker& tracker) {
    tracker.scalars(step, time, values);
  });
  if (const std::filesystem::path file = sample_file(run.folder, record.epoch);
      std::filesystem::exists(file)) {
    submit([step = step_, time = now(), png = read_text_file(file)](Tracker& tracker) {
      tracker.picture(step, time, "samples", png);
    });
  }
  tell_trouble(run);
}

void Tracking::after_run(TrainingRun& run) {
  end(RunEnd::kFinished);
  tell_trouble(run);
}

void Tracking::end(RunEnd how) {
  if (ended_) return;
  ended_ = true;
  if (how == RunEnd::kFailed && stop_requested()) how = RunEnd::kStopped;
  submit([how, step = step_, time = now()](Tracker& tracker) { tracker.end(how, step, time); });
  for (const auto& each : trackers_) each->finish();
}

void Tracking::submit(const BackgroundTracker::Job& job) {
  for (const auto& each : trackers_) each->submit(job);
}

void Tracking::tell_trouble(TrainingRun& run) {
  for (const auto& each : trackers_) {
    if (const auto trouble = each->trouble()) run.log.warning(*trouble);
  }
}

}  // namespace nadir
