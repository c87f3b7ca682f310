#include "commands/data_split.h"

#include <iostream>

#include "core/text.h"
#include "nadir/nadir.h"
#include "table.h"

namespace nadir {

DataSplitCommand::DataSplitCommand(CLI::App& app) {
  app.add_option("recipe", recipe_, "The recipe whose data to divide")->required();
  app.add_option("overrides", overrides_, "Settings that replace the recipe's: data.split.block=256");
  app.add_option("-o,--output", output_, "Also store the parts' rectangles (.json)");
}

int DataSplitCommand::run() {
  const Recipe recipe = read_recipe(recipe_, overrides_);
  const PreparedData data = prepare_data(recipe);
  Table table({"part", "regions", "pixels", "share"});
  std::int64_t all = 0;
  const auto pixels = [](const std::vector<Region>& part) {
    std::int64_t sum = 0;
    for (const Region& region : part) sum += region.window.area();
    return sum;
  };
  for (const char* part : {"train", "val", "test"}) all += pixels(data.split.part(part));
  for (const char* part : {"train", "val", "test"}) {
    const std::vector<Region>& regions = data.split.part(part);
    table.add({part, with_thousands(static_cast<std::int64_t>(regions.size())),
               with_thousands(pixels(regions)),
               fixed(100.0 * static_cast<double>(pixels(regions)) / static_cast<double>(all), 1) + "%"});
  }
  std::cout << table.text();
  if (!output_.empty()) {
    write_file_atomically(output_, split_to_json(data.split, data.source->scenes()));
    std::cout << "wrote " << output_ << "\n";
  }
  return 0;
}

}  // namespace nadir
