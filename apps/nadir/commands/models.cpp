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

namespace {

struct Described {
  std::string what, paper, year;
};

// "ENet, small and fast (Paszke et al. 2016)", as summaries are written.
Described describe(const std::string& summary) {
  const std::size_t open = summary.rfind(" ("), space = summary.rfind(' ');
  if (open == std::string::npos || space <= open + 1 || summary.back() != ')') return {summary, "", ""};
  return {summary.substr(0, open), summary.substr(open + 2, space - open - 2),
          summary.substr(space + 1, summary.size() - space - 2)};
}

}  // namespace

int ModelsCommand::run() {
  Table table({"name", "summary", "paper", "year", "parameters"});
  table.set_text_columns(4);
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const auto& item : models().items()) {
    const auto model = models().make(item.name, ConfigNode(), ModelShape{});
    const ParameterCount count = count_parameters(*model);
    const Described text = describe(item.summary);
    table.add({item.name, text.what, text.paper, text.year, with_thousands(count.total)});
    json.push_back({{"name", item.name},
                    {"summary", text.what},
                    {"paper", text.paper},
                    {"year", text.year.empty() ? 0 : std::stoi(text.year)},
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
