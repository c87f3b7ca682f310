#include "commands/summary.h"

#include <charconv>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/text.h"
#include "nadir/nadir.h"
#include "table.h"

namespace nadir {

SummaryCommand::SummaryCommand(CLI::App& app) {
  app.add_option("model", model_, "A network's name, as `nadir models` lists them, or a model file")
      ->required();
  app.add_option("options", options_, "A named network's options: start=16");
  app.add_option("--input", input_,
                 "Bands x height x width (default: 3x128x128; of a model file, its patches)");
  app.add_option("--classes", classes_, "Outputs of a named network")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--batch", batch_, "Images at a time")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--graph", graph_, "Draw the network to this .svg file");
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

struct Subject {
  std::shared_ptr<Model> model;
  std::string title;
  std::vector<std::int64_t> input;  // bands, height, width
};

Subject named_network(const std::string& name, const std::vector<std::string>& options,
                      const std::string& input, std::int64_t classes) {
  ConfigNode root = ConfigNode::map();
  std::string title = name;
  for (const std::string& each : options) {
    apply_override(root, each);
    title += " " + each;
  }
  const auto sizes = parse_input(input.empty() ? "3x128x128" : input);
  return {models().make(name, root, {sizes[0], classes}), title, sizes};
}

Subject model_file(const std::string& file, const std::vector<std::string>& options,
                   const std::string& input) {
  if (!options.empty())
    throw ConfigError(options[0] + ": a model file's options are those it was trained with; give none");
  const LoadedModel loaded = load_model(file);
  const auto bands = static_cast<std::int64_t>(loaded.card.bands.size());
  const std::int64_t side = loaded.card.tile > 0 ? loaded.card.tile : 128;
  const auto sizes = input.empty() ? std::vector{bands, side, side} : parse_input(input);
  if (sizes[0] != bands) {
    throw ConfigError("--input " + input + ": " + file + " takes " + counted(bands, "band") + ", not " +
                      std::to_string(sizes[0]));
  }
  return {loaded.model,
          loaded.card.architecture.name + ", " + std::filesystem::path(file).filename().string(), sizes};
}

struct Summary {
  std::vector<LayerRow> layers;
  ParameterCount count;
  MemoryUse memory;
  std::int64_t mult_adds = 0, torchinfo_total = 0;
  std::vector<std::int64_t> torchinfo;  // of each layer
};

Summary summarize(Model& model, const torch::Tensor& image) {
  Summary summary{
      trace_layers(model, image), count_parameters(model), measure_memory(model, image), 0, 0, {}};
  for (const LayerRow& each : summary.layers) {
    summary.mult_adds += each.mult_adds;
    summary.torchinfo.push_back(torchinfo_mult_adds(model, each));
    summary.torchinfo_total += summary.torchinfo.back();
  }
  return summary;
}

std::string giga(std::int64_t count) { return fixed(static_cast<double>(count) * 1e-9, 2) + " G"; }

void print_table(const Summary& summary) {
  Table table({"layer", "operation", "kernel", "output", "parameters", "multiply-adds"});
  table.set_text_columns(4);
  for (const LayerRow& each : summary.layers) {
    table.add({each.name, each.operation, shape_text(each.kernel), shape_text(each.output),
               with_thousands(each.parameters), with_thousands(each.mult_adds)});
  }
  const ParameterCount& count = summary.count;
  const MemoryUse& memory = summary.memory;
  struct Line {
    std::string name, value, note;
  };
  std::vector<Line> lines = {
      {"parameters", with_thousands(count.total), "as PyTorch counts them"},
      {"  trainable", with_thousands(count.trainable), ""},
      {"  frozen", with_thousands(count.total - count.trainable), ""},
      {"as Keras counts", with_thousands(count.keras), "with batch norms' running statistics"},
      {"multiply-adds", with_thousands(summary.mult_adds), giga(summary.mult_adds)},
      {"  torchinfo's", with_thousands(summary.torchinfo_total),
       giga(summary.torchinfo_total) +
           ", weights times output pixels: too much for transposed convolutions, too "
           "little for tokens"},
      {"weights", human_bytes(4 * count.total), "in float32"},
      {"forward", human_bytes(memory.forward), "alive at once in a forward pass, beside weights and image"},
      {"for backward", human_bytes(memory.kept), "kept by a forward pass of training for the backward pass"},
      {"backward", human_bytes(memory.backward),
       "alive at once in forward and backward pass, with the weights' gradients"}};
  if (summary.torchinfo_total == summary.mult_adds) lines.erase(lines.begin() + 5);
  std::cout << table.text() << "\n";
  for (const Line& each : lines) {
    const std::string gap(std::max<std::size_t>(33, each.name.size() + each.value.size() + 1) -
                              each.name.size() - each.value.size(),
                          ' ');
    std::cout << each.name << gap << each.value << (each.note.empty() ? "" : "  ") << each.note << "\n";
  }
}

void print_json(const Summary& summary) {
  nlohmann::ordered_json json = {{"parameters", summary.count.total},
                                 {"trainable", summary.count.trainable},
                                 {"frozen", summary.count.total - summary.count.trainable},
                                 {"keras_count", summary.count.keras},
                                 {"mult_adds", summary.mult_adds},
                                 {"torchinfo_mult_adds", summary.torchinfo_total},
                                 {"bytes",
                                  {{"weights", 4 * summary.count.total},
                                   {"forward", summary.memory.forward},
                                   {"kept_for_backward", summary.memory.kept},
                                   {"backward", summary.memory.backward}}},
                                 {"layers", nlohmann::ordered_json::array()}};
  for (std::size_t i = 0; i < summary.layers.size(); ++i) {
    const LayerRow& each = summary.layers[i];
    json["layers"].push_back({{"name", each.name},
                              {"operation", each.operation},
                              {"kernel", each.kernel},
                              {"output", each.output},
                              {"parameters", each.parameters},
                              {"mult_adds", each.mult_adds},
                              {"torchinfo_mult_adds", summary.torchinfo[i]}});
  }
  std::cout << json.dump(2) << "\n";
}

}  // namespace

int SummaryCommand::run() {
  const Subject subject = model_.ends_with(".safetensors")
                              ? model_file(model_, options_, input_)
                              : named_network(model_, options_, input_, classes_);
  const auto& size = subject.input;
  const Summary summary = summarize(*subject.model, torch::zeros({batch_, size[0], size[1], size[2]}));
  if (json_) {
    print_json(summary);
  } else {
    print_table(summary);
  }
  if (graph_.empty()) return 0;
  write_file_atomically(graph_, draw_network(*subject.model, torch::zeros({1, size[0], size[1], size[2]}),
                                             subject.title + ", " + shape_text(size)));
  std::cerr << "drawn: " << graph_ << "\n";
  return 0;
}

}  // namespace nadir
