#include "train/checkpoint.h"

#include <nlohmann/json.hpp>

#include "core/text.h"
#include "train/run_records.h"

namespace nadir {
namespace {

using Json = nlohmann::ordered_json;

// JSON has no infinity, which a plateau's best score begins with.
std::vector<std::string> texts(const std::vector<double>& numbers) {
  std::vector<std::string> result;
  for (const double each : numbers) result.push_back(shortest(each));
  return result;
}

std::vector<double> numbers(const std::vector<std::string>& texts) {
  std::vector<double> result;
  for (const std::string& each : texts) result.push_back(std::stod(each));
  return result;
}

std::string state_to_json(const TrainState& state) {
  Json epochs = Json::array();
  for (const EpochRecord& record : state.epochs) epochs.push_back(epoch_to_json(record));
  return Json{{"epoch", state.epoch},
              {"batch", state.batch},
              {"step", state.step},
              {"loss_sum", state.loss_sum},
              {"images", state.images},
              {"epoch_seconds", state.epoch_seconds},
              {"wait_seconds", state.wait_seconds},
              {"scores", state.scores},
              {"best_epoch", state.best_epoch},
              {"best_score", state.best_score},
              {"schedule", texts(state.schedule)},
              {"finished", state.finished},
              {"stopped_early", state.stopped_early},
              {"epochs", epochs}}
      .dump();
}

TrainState state_from_json(const std::string& text) {
  const Json json = Json::parse(text);
  TrainState state;
  state.epoch = json.at("epoch").get<std::int64_t>();
  state.batch = json.at("batch").get<std::int64_t>();
  state.step = json.at("step").get<std::int64_t>();
  state.loss_sum = json.at("loss_sum").get<double>();
  state.images = json.at("images").get<std::int64_t>();
  state.epoch_seconds = json.at("epoch_seconds").get<double>();
  state.wait_seconds = json.at("wait_seconds").get<double>();
  state.scores = json.at("scores").get<std::vector<double>>();
  state.best_epoch = json.at("best_epoch").get<std::int64_t>();
  const Json& best = json.at("best_score");  // JSON has no NaN
  state.best_score = best.is_null() ? std::nan("") : best.get<double>();
  state.schedule = numbers(json.at("schedule").get<std::vector<std::string>>());
  state.finished = json.at("finished").get<bool>();
  state.stopped_early = json.at("stopped_early").get<bool>();
  for (const Json& line : json.at("epochs")) state.epochs.push_back(epoch_from_json(line.get<std::string>()));
  return state;
}

}  // namespace

std::filesystem::path checkpoint_file(const RunFolder& run) { return run.state() / "checkpoint.safetensors"; }

void write_checkpoint(const RunFolder& run, const Checkpoint& checkpoint) {
  SafeTensors contents;
  const auto add = [&](const std::string& prefix, const NamedTensors& tensors) {
    for (const auto& [name, tensor] : tensors) contents.tensors.emplace_back(prefix + name, tensor);
  };
  add("model/", checkpoint.model);
  add("optimizer/", checkpoint.optimizer);
  add("loss_scale/", checkpoint.loss_scale);
  for (const auto& [name, tensors] : checkpoint.callbacks) add("callback/" + name + "/", tensors);
  contents.metadata = {{"nadir.state", state_to_json(checkpoint.state)},
                       {"nadir.card", checkpoint.card},
                       {"nadir.recipe", checkpoint.recipe}};
  write_safetensors(checkpoint_file(run), contents);
}

Checkpoint read_checkpoint(const RunFolder& run) {
  const std::filesystem::path file = checkpoint_file(run);
  SafeTensors contents = read_safetensors(file);
  Checkpoint checkpoint;
  try {
    checkpoint.state = state_from_json(contents.metadata.at("nadir.state"));
    checkpoint.card = contents.metadata.at("nadir.card");
    checkpoint.recipe = contents.metadata.at("nadir.recipe");
  } catch (const std::exception& error) {
    throw ModelError(file.string() + ": not the state of a training run: " + error.what());
  }
  for (auto& [name, tensor] : contents.tensors) {
    const std::size_t slash = name.find('/');
    const std::string kind = name.substr(0, slash), rest = name.substr(slash + 1);
    if (kind == "model") checkpoint.model.emplace_back(rest, tensor);
    if (kind == "optimizer") checkpoint.optimizer.emplace_back(rest, tensor);
    if (kind == "loss_scale") checkpoint.loss_scale.emplace_back(rest, tensor);
    if (kind == "callback") {
      const std::size_t end = rest.find('/');
      checkpoint.callbacks[rest.substr(0, end)].emplace_back(rest.substr(end + 1), tensor);
    }
  }
  return checkpoint;
}

}  // namespace nadir
