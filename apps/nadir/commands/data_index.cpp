#include "commands/data_index.h"

#include <cmath>
#include <iostream>

#include "band_roles.h"
#include "console.h"
#include "core/parse_number.h"
#include "core/text.h"
#include "nadir/nadir.h"
#include "raster/index_share.h"
#include "table.h"

namespace nadir {

DataIndexCommand::DataIndexCommand(CLI::App& app) {
  auto* image = app.add_option("image", images_, "The raster; without --output one or more");
  app.add_option("-o,--output", output_,
                 "The label raster to write (.tif); without, the share of the pixels above is printed");
  app.add_option("--index", index_, "Which index; --list shows them")->capture_default_str();
  app.add_option("--bands", bands_, "Which band is what: green=2 swir1=5 (numbers from 1)");
  app.add_option("--threshold", threshold_, "otsu, or a number; above it is the second class")
      ->capture_default_str();
  app.add_option("--classes", classes_, "Names of the two classes, below and above")
      ->expected(2)
      ->capture_default_str();
  app.add_flag("--list", list_, "List the indices with formula, bands and source")->excludes(image);
}

namespace {

std::optional<double> parse_threshold(const std::string& text) {
  if (text == "otsu") return std::nullopt;
  if (const auto value = parse_number<double>(text)) return value;
  throw ConfigError("--threshold " + text + ": expected otsu or a number");
}

void print_indices() {
  Table table({"index", "formula", "bands", "source"});
  table.set_text_columns(4);
  for (const SpectralIndex& each : spectral_indices()) {
    table.add({each.name, each.formula, join_words(each.bands), each.source});
  }
  std::cout << table.text();
}

// Of numbers: the mean, and the deviation from it.
std::pair<double, double> mean_and_deviation(const std::vector<double>& values) {
  double sum = 0, squares = 0;
  for (const double each : values) sum += each, squares += each * each;
  const auto count = static_cast<double>(values.size());
  const double mean = sum / count;
  return {mean, std::sqrt(std::max(0.0, squares / count - mean * mean))};
}

}  // namespace

int DataIndexCommand::report_shares() const {
  IndexMaskOptions options;
  options.index = index_;
  options.bands = parse_band_roles(bands_);
  options.threshold = parse_threshold(threshold_);
  if (!options.threshold) {
    throw ConfigError(
        "name an output (-o mask.tif), or a --threshold as a number to see how much lies above it");
  }
  std::vector<double> shares;
  for (const std::string& image : images_) shares.push_back(index_share(image, options));
  const auto [mean, deviation] = mean_and_deviation(shares);
  std::cout << counted(static_cast<std::int64_t>(images_.size()), "image") << ", " << classes_.at(1) << ": "
            << fixed(mean, 4) << " of the pixels (deviation between images " << fixed(deviation, 4) << ")\n";
  return 0;
}

int DataIndexCommand::run() {
  if (list_) {
    print_indices();
    return 0;
  }
  if (images_.empty()) throw ConfigError("name a raster and an output: data index scene.tif -o mask.tif");
  if (output_.empty()) return report_shares();
  if (images_.size() > 1) throw ConfigError("--output is of one raster");
  Console console;
  IndexMaskOptions options;
  options.index = index_;
  options.bands = parse_band_roles(bands_);
  options.threshold = parse_threshold(threshold_);
  options.classes = {{classes_.at(0), {181, 154, 106}}, {classes_.at(1), {31, 111, 235}}};
  const IndexMaskSummary summary = write_index_mask(images_.front(), options, output_, console);
  std::cout << index_ << " threshold " << fixed(summary.threshold, 4)
            << (threshold_ == "otsu" ? " (Otsu)" : "") << "\n"
            << classes_.at(0) << " " << counted(summary.below, "pixel") << "\n"
            << classes_.at(1) << " " << counted(summary.above, "pixel") << "\n";
  if (summary.unknown > 0) std::cout << "nodata " << counted(summary.unknown, "pixel") << "\n";
  std::cout << "wrote " << output_ << "\n";
  return 0;
}

}  // namespace nadir
