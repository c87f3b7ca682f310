#include "commands/models.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "core/text.h"
#include "nadir/nadir.h"
#include "table.h"

namespace nadir {

ModelsCommand::ModelsCommand(CLI::App& app) {
  app.add_flag("--json", json_, "Print as JSON, with every option's default");
}

int ModelsCommand::run() {
  Table table({"name", "summary", "parameters"});
  table.set_text_columns(2);
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const auto& item : models().items()) {
    const auto model = models().make(item.name, ConfigNode(), ModelShape{});
    const ParameterCount count = count_parameters(*model);
    table.add({item.name, item.summary, with_thousands(count.total)});
    json.push_back({{"name", item.name},
                    {"summary", item.summary},
                    {"parameters", count.total},
                    {"trainable", count.trainable},
                    {"options", to_yaml(item.resolve(ConfigNode()))}});
  }
  if (json_) {
    std::cout << json.dump(2) << "\n";
  } else {
    std::cout << table.text() << "\nParameters are for 3 bands and 2 classes, at the default options.\n";
  }
  return 0;
}

}  // namespace nadir
