#include "commands/convert.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "core/text.h"
#include "nadir/nadir.h"

namespace nadir {

ConvertCommand::ConvertCommand(CLI::App& app) {
  app.add_option("input", input_, "A file of weights: .safetensors, .pth, .pt, .bin, .h5, .keras")
      ->required();
  app.add_option("-o,--output", output_, "What to write: .safetensors, .pth, .pt or .bin")->required();
  CLI::Option* model =
      app.add_option("--model", model_,
                     "The network that the weights are for; the names and shapes of all of them are checked");
  app.add_option("options", options_, "The network's options: encoder=resnet34")->needs(model);
  app.add_option("--bands", bands_, "The network's bands")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--classes", classes_, "The network's classes")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_flag("--partial", partial_, "Take what fits the network; the rest gets its first values")
      ->needs(model);
  app.add_option("--dict", dict_, "Which dict of a checkpoint to take, where it has several")
      ->excludes(model);
  app.add_flag("--json", json_, "Print what was loaded as JSON");
}

namespace {

nlohmann::ordered_json to_json(const WeightsReport& report) {
  return {{"source", report.source},         {"loaded", report.loaded},
          {"adapted", report.adapted},       {"missing", report.missing},
          {"unexpected", report.unexpected}, {"of_another_shape", report.misshapen}};
}

std::vector<std::string> names_of(const NamedTensors& tensors) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors) names.push_back(name);
  return names;
}

}  // namespace

int ConvertCommand::run() {
  WeightsReport report;
  NamedTensors tensors;
  if (model_.empty()) {
    PlainWeights plain = read_weights(input_, dict_);
    tensors = std::move(plain.tensors);
    report.source = std::move(plain.source);
    report.loaded = names_of(tensors);
  } else {
    ConfigNode options = ConfigNode::map();
    for (const std::string& each : options_) apply_override(options, each);
    torch::manual_seed(0);  // what --partial leaves at its first values is the same every time
    const auto model = models().make(model_, options, {bands_, classes_});
    report = load_weights(*model, input_, {.partial = partial_});
    tensors = named_state(*model);
  }
  write_weights(output_, tensors);
  if (json_) {
    std::cout << to_json(report).dump(2) << "\n";
  } else {
    std::cerr << report.text() << "\nwrote " << output_.string() << ": "
              << counted(static_cast<std::int64_t>(tensors.size()), "tensor") << "\n";
  }
  return 0;
}

}  // namespace nadir
