#include "commands/info.h"

#include <cmath>
#include <iostream>

#include "core/text.h"
#include "models/card_task.h"
#include "nadir/nadir.h"
#include "table.h"

namespace nadir {

InfoCommand::InfoCommand(CLI::App& app) {
  app.add_option("model", model_, "A .safetensors model file")->required();
  app.add_flag("--json", json_, "Print the card as JSON");
}

int InfoCommand::run() {
  const ModelCard card = read_model_card(model_);
  if (json_) {
    std::cout << card_to_json(card) << "\n";
    return 0;
  }
  Table table({"file", model_});
  table.set_text_columns(2);
  std::string options = to_yaml(card.architecture.options);
  options.erase(options.find_last_not_of('\n') + 1);
  for (std::size_t at = 0; (at = options.find('\n', at)) != std::string::npos;) options.replace(at, 1, ", ");
  table.add({"network", card.architecture.name + " (" + options + ")"});
  table.add({"task", task_name(card)});
  std::vector<std::string> classes;
  for (const ClassInfo& each : card.classes) classes.push_back(each.name + " " + each.color);
  if (!classes.empty()) table.add({"classes", join_words(classes)});
  std::vector<std::string> bands;
  for (std::size_t i = 0; i < card.bands.size(); ++i) {
    bands.push_back(card.bands[i] + " (raster band " + std::to_string(card.band_numbers.at(i)) + ")");
  }
  table.add({"bands", join_words(bands)});
  table.add({"pixels", card.pixel_type});
  table.add({"patches", std::to_string(card.tile) + " pixels"});
  if (card.resolution) table.add({"resolution", fixed(*card.resolution, 2) + " m"});
  for (const auto& [key, value] : card.training) table.add({key, value});
  for (const auto& [key, value] : card.scores) table.add({key, std::isfinite(value) ? fixed(value, 4) : "-"});
  table.add({"made by", "nadir " + card.nadir_version});
  std::cout << table.text();
  return 0;
}

}  // namespace nadir
