#include "train/callback.h"
#include "train/callbacks/best_models.h"
#include "train/callbacks/early_stop.h"
#include "train/callbacks/phases.h"
#include "train/callbacks/sample_pictures.h"
#include "train/callbacks/tracking.h"
#include "train/callbacks/weight_average.h"

namespace nadir {

std::vector<std::unique_ptr<Callback>> make_callbacks(const Recipe& recipe, bool has_validation) {
  const TrainConfig& config = recipe.train;
  const std::string part = has_validation ? "val" : "train";
  const Monitor monitor(config.monitor, config.mode, part);
  std::vector<std::unique_ptr<Callback>> callbacks;
  if (!config.phases.empty()) callbacks.push_back(std::make_unique<Phases>(config.phases));
  if (config.average.decay > 0) callbacks.push_back(std::make_unique<WeightAverage>(config.average));
  callbacks.push_back(std::make_unique<BestModels>(monitor, config.keep_best));
  const bool has_labels = recipe.task != "generation";
  if (config.samples > 0 && has_labels) callbacks.push_back(std::make_unique<SamplePictures>(config.samples));
  callbacks.push_back(std::make_unique<Tracking>(std::vector<std::string>{monitor.column(), part + "/loss"}));
  if (config.early_stop.patience > 0) {
    const EarlyStopConfig& stop = config.early_stop;
    callbacks.push_back(std::make_unique<EarlyStop>(
        stop, stop.monitor.empty() ? monitor : Monitor(stop.monitor, stop.mode, part)));
  }
  return callbacks;
}

torch::Tensor state_tensor(const NamedTensors& state, const std::string& name, const std::string& callback) {
  for (const auto& [each, tensor] : state) {
    if (each == name) return tensor;
  }
  throw ModelError("the saved run has no '" + name + "' of " + callback +
                   "; was it begun with another recipe or version?");
}

}  // namespace nadir
