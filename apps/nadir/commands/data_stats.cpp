#include "commands/data_stats.h"

#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "console.h"
#include "core/text.h"
#include "nadir/nadir.h"
#include "table.h"

namespace nadir {

DataStatsCommand::DataStatsCommand(CLI::App& app) {
  app.add_option("recipe", recipe_, "The recipe whose data to read")->required();
  app.add_option("overrides", overrides_, "Settings that replace the recipe's");
  app.add_option("--part", part_, "train, val or test")->capture_default_str();
  app.add_flag("--json", json_, "Print as JSON");
}

int DataStatsCommand::run() {
  Console console;
  const Recipe recipe = read_recipe(recipe_, overrides_);
  const PreparedData data = prepare_data(recipe);
  const BandStats stats = band_statistics(*data.source, data.split.part(part_),
                                          static_cast<std::int64_t>(recipe.classes.size()), console);
  const std::vector<std::string>& bands = data.source->band_names();
  if (json_) {
    nlohmann::ordered_json json = {{"part", part_},    {"pixels", stats.count},
                                   {"bands", bands},   {"mean", stats.mean},
                                   {"std", stats.std}, {"min", stats.min},
                                   {"max", stats.max}, {"class_pixels", stats.class_pixels}};
    std::cout << json.dump(2) << "\n";
    return 0;
  }
  Table table({"band", "mean", "std", "min", "max"});
  for (std::size_t i = 0; i < bands.size(); ++i) {
    table.add({bands[i], fixed(stats.mean[i], 3), fixed(stats.std[i], 3), shortest(stats.min[i]),
               shortest(stats.max[i])});
  }
  std::cout << counted(stats.count, "pixel") << "\n\n" << table.text();
  const std::int64_t labelled =
      std::accumulate(stats.class_pixels.begin(), stats.class_pixels.end(), std::int64_t{0});
  if (labelled == 0) return 0;
  Table classes({"class", "pixels", "share"});
  for (std::size_t k = 0; k < recipe.classes.size(); ++k) {
    const std::int64_t pixels = stats.class_pixels.at(k);
    classes.add({recipe.classes[k].name, with_thousands(pixels),
                 fixed(100.0 * static_cast<double>(pixels) / static_cast<double>(labelled), 2) + "%"});
  }
  std::cout << "\n" << classes.text();
  return 0;
}

}  // namespace nadir
