#include "commands/data_stats.h"

#include <iostream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "console.h"
#include "core/text.h"
#include "nadir/nadir.h"
#include "table.h"

namespace nadir {

namespace {

// Whole numbers as they are, others to three decimals.
std::string rounded(double value) { return value == std::floor(value) ? shortest(value) : fixed(value, 3); }

constexpr std::array<double, 5> kPercents = {2, 25, 50, 75, 98};

bool has_labels(const BandStats& stats) {
  return std::any_of(stats.class_pixels.begin(), stats.class_pixels.end(),
                     [](std::int64_t pixels) { return pixels > 0; });
}

std::string as_json(const BandStats& stats, const std::string& part, const std::vector<std::string>& bands,
                    const std::vector<ClassInfo>& classes) {
  nlohmann::ordered_json json = {{"part", part},       {"pixels", stats.count}, {"bands", bands},
                                 {"mean", stats.mean}, {"std", stats.std},      {"min", stats.min},
                                 {"max", stats.max}};
  for (const double percent : kPercents) {
    for (std::size_t band = 0; band < bands.size(); ++band) {
      json["percentiles"][shortest(percent)].push_back(stats.percentile(band, percent));
    }
  }
  json["classes"] = class_names(classes);
  json["class_pixels"] = stats.class_pixels;
  if (has_labels(stats)) {
    for (const std::string& method : class_weight_methods()) {
      json["class_weights"][method] = class_weights(stats, method);
    }
  }
  return json.dump(2) + "\n";
}

std::string band_table(const BandStats& stats, const std::vector<std::string>& bands) {
  std::vector<std::string> head = {"band", "mean", "std", "min"};
  for (const double percent : kPercents) head.push_back(shortest(percent) + " %");
  head.emplace_back("max");
  Table table(head);
  for (std::size_t i = 0; i < bands.size(); ++i) {
    std::vector<std::string> row = {bands[i], fixed(stats.mean[i], 3), fixed(stats.std[i], 3),
                                    rounded(stats.min[i])};
    for (const double percent : kPercents) row.push_back(rounded(stats.percentile(i, percent)));
    row.push_back(rounded(stats.max[i]));
    table.add(row);
  }
  return table.text();
}

std::string class_table(const BandStats& stats, const std::vector<ClassInfo>& classes) {
  std::vector<std::string> head = {"class", "pixels", "share"};
  std::vector<std::vector<double>> weights;
  for (const std::string& method : class_weight_methods()) {
    head.push_back(method);
    weights.push_back(class_weights(stats, method));
  }
  const double labelled = static_cast<double>(
      std::accumulate(stats.class_pixels.begin(), stats.class_pixels.end(), std::int64_t{0}));
  Table table(head);
  for (std::size_t k = 0; k < classes.size(); ++k) {
    const std::int64_t pixels = stats.class_pixels.at(k);
    std::vector<std::string> row = {classes[k].name, with_thousands(pixels),
                                    fixed(100.0 * static_cast<double>(pixels) / labelled, 2) + "%"};
    for (const auto& each : weights) row.push_back(fixed(each[k], 4));
    table.add(row);
  }
  return table.text();
}

std::string as_tables(const BandStats& stats, const std::vector<std::string>& bands,
                      const std::vector<ClassInfo>& classes) {
  std::string text = counted(stats.count, "pixel") + "\n\n" + band_table(stats, bands);
  if (has_labels(stats)) text += "\n" + class_table(stats, classes);
  return text;
}

}  // namespace

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
  // The network is not running: its core is free to read too.
  const BandStats stats =
      band_statistics(*data.source, data.split.part(part_), static_cast<std::int64_t>(recipe.classes.size()),
                      console, recipe.train.loader_threads + 1);
  std::cout << (json_ ? as_json(stats, part_, data.source->band_names(), recipe.classes)
                      : as_tables(stats, data.source->band_names(), recipe.classes));
  return 0;
}

}  // namespace nadir
