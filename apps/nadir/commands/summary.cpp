#include "commands/summary.h"

#include <charconv>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/text.h"
#include "nadir/nadir.h"
#include "table.h"

namespace nadir {

SummaryCommand::SummaryCommand(CLI::App& app) {
  app.add_option("model", model_, "A network's name; `nadir models` lists them")->required();
  app.add_option("options", options_, "Its options: start=16");
  app.add_option("--input", input_, "Bands x height x width")->capture_default_str();
  app.add_option("--classes", classes_, "Outputs")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--batch", batch_, "Images at a time")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_flag("--json", json_, "Print as JSON");
}

namespace {

std::vector<std::int64_t> parse_input(const std::string& text) {
  std::vector<std::int64_t> sizes;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    std::int64_t size = 0;
    const auto [stop, error] = std::from_chars(at, end, size);
    if (error != std::errc() || size < 1) break;
    sizes.push_back(size);
    at = stop < end && *stop == 'x' ? stop + 1 : stop;
    if (at == stop && at < end) break;
  }
  if (sizes.size() != 3 || at != end)
    throw ConfigError("--input " + text + ": expected bands x height x width, as 3x128x128");
  return sizes;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t size : shape) text += (text.empty() ? "" : "x") + std::to_string(size);
  return text;
}

void print_table(const std::vector<LayerRow>& layers, const ParameterCount& count) {
  Table table({"layer", "operation", "kernel", "output", "parameters", "multiply-adds"});
  table.set_text_columns(4);
  std::int64_t mult_adds = 0;
  for (const LayerRow& each : layers) {
    table.add({each.name, each.operation, shape_text(each.kernel), shape_text(each.output),
               with_thousands(each.parameters), with_thousands(each.mult_adds)});
    mult_adds += each.mult_adds;
  }
  std::cout << table.text() << "\nparameters     " << with_thousands(count.total) << "\ntrainable      "
            << with_thousands(count.trainable) << "\nas Keras counts " << with_thousands(count.keras)
            << " (with batch norms' running statistics)\nmultiply-adds  " << with_thousands(mult_adds)
            << "\nweights        " << human_bytes(4 * count.total) << " in float32\n";
}

void print_json(const std::vector<LayerRow>& layers, const ParameterCount& count) {
  nlohmann::ordered_json json = {{"parameters", count.total},
                                 {"trainable", count.trainable},
                                 {"keras_count", count.keras},
                                 {"layers", nlohmann::ordered_json::array()}};
  for (const LayerRow& each : layers) {
    json["layers"].push_back({{"name", each.name},
                              {"operation", each.operation},
                              {"kernel", each.kernel},
                              {"output", each.output},
                              {"parameters", each.parameters},
                              {"mult_adds", each.mult_adds}});
  }
  std::cout << json.dump(2) << "\n";
}

}  // namespace

int SummaryCommand::run() {
  const std::vector<std::int64_t> input = parse_input(input_);
  ConfigNode root = ConfigNode::map();
  for (const std::string& each : options_) apply_override(root, each);
  const auto model = models().make(model_, root, {input[0], classes_});
  const auto layers = trace_layers(*model, torch::zeros({batch_, input[0], input[1], input[2]}));
  const ParameterCount count = count_parameters(*model);
  if (json_) {
    print_json(layers, count);
  } else {
    print_table(layers, count);
  }
  return 0;
}

}  // namespace nadir
