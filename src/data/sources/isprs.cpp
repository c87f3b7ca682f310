#include "data/sources/isprs.h"

#include <regex>
#include <set>

#include "core/text.h"
#include "data/sources/raster_pairs.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

struct PaletteEntry {
  const char* name;
  const char* color;
};
constexpr std::array<PaletteEntry, 6> kPalette = {{{"impervious surfaces", "#ffffff"},
                                                   {"buildings", "#0000ff"},
                                                   {"low vegetation", "#00ffff"},
                                                   {"trees", "#00ff00"},
                                                   {"cars", "#ffff00"},
                                                   {"clutter", "#ff0000"}}};
constexpr const char* kBlack = "#000000";  // the eroded borders of _noBoundary labels

// What the benchmark labelled for its participants; the rest was the test.
const std::set<std::string>& training_tiles(const std::string& city) {
  static const std::set<std::string> potsdam = {
      "2_10", "2_11", "2_12", "3_10", "3_11", "3_12", "4_10", "4_11", "4_12", "5_10", "5_11", "5_12",
      "6_7",  "6_8",  "6_9",  "6_10", "6_11", "6_12", "7_7",  "7_8",  "7_9",  "7_10", "7_11", "7_12"};
  static const std::set<std::string> vaihingen = {"area1",  "area3",  "area5",  "area7",  "area11", "area13",
                                                  "area15", "area17", "area21", "area23", "area26", "area28",
                                                  "area30", "area32", "area34", "area37"};
  return city == "potsdam" ? potsdam : vaihingen;
}

std::regex image_pattern(const IsprsConfig& config) {
  if (config.city == "potsdam") {
    return std::regex("top_potsdam_0*([0-9]+)_0*([0-9]+)_" + config.channels + "\\.tiff?");
  }
  return std::regex("top_mosaic_09cm_(area[0-9]+)\\.tiff?");
}

std::regex mask_pattern(const IsprsConfig& config) {
  const std::string kind = config.boundaries ? "" : "_noBoundary";
  if (config.city == "potsdam") {
    return std::regex("top_potsdam_0*([0-9]+)_0*([0-9]+)_label" + kind + "\\.tiff?");
  }
  return std::regex("top_mosaic_09cm_(area[0-9]+)" + kind + "\\.tiff?");
}

// The files of a folder and all in it whose names fit, by tile: "2_10", "area1".
std::map<std::string, std::string> find_tiles(const std::string& folder, const std::regex& pattern,
                                              const std::string& what, const std::string& example) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    throw DataError("isprs: " + what + ": there is no folder " + folder);
  }
  std::map<std::string, std::string> tiles;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    std::smatch match;
    if (!entry.is_regular_file() || !std::regex_match(name, match, pattern)) continue;
    const std::string tile = match.size() > 2 ? match[1].str() + "_" + match[2].str() : match[1].str();
    const auto [other, is_new] = tiles.emplace(tile, entry.path().string());
    if (is_new) continue;
    throw DataError("isprs: " + what + ": tile " + tile + " comes twice, as " + other->second + " and " +
                    entry.path().string() + "; name the folder of one of them");
  }
  if (tiles.empty()) {
    throw DataError("isprs: " + what + ": no file in " + folder + " is called like " + example);
  }
  return tiles;
}

std::vector<std::string> wanted_tiles(const IsprsConfig& config,
                                      const std::map<std::string, std::string>& images) {
  std::vector<std::string> there;
  for (const auto& [tile, path] : images) there.push_back(tile);
  for (const std::string& tile : config.tiles) {
    if (!images.contains(tile)) {
      throw DataError("isprs: tiles: there is no image of tile '" + tile + "' in " + config.images +
                      "; found " + join_words(there));
    }
  }
  return config.tiles.empty() ? there : config.tiles;
}

std::string palette_text() {
  std::vector<std::string> words;
  for (const PaletteEntry& each : kPalette) words.push_back(std::string(each.color) + " (" + each.name + ")");
  return join_words(words);
}

// Every colour of the palette is a class or ignored, and every class has a colour of the palette.
void check_palette(const IsprsConfig& config, const LabelSpec& labels) {
  std::set<std::string> open;
  for (const PaletteEntry& each : kPalette) open.insert(each.color);
  const auto lower = [](std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
  };
  for (const ClassInfo& each : labels.classes) {
    if (open.erase(lower(each.color)) == 1) continue;
    throw ConfigError(
        "isprs: class '" + each.name + "' has the color " + each.color +
        ", which the labels do not use, or which another class has. Their colours: " + palette_text());
  }
  for (const std::string& color : config.ignore_colors) open.erase(lower(color));
  if (open.empty()) return;
  throw ConfigError("isprs: no class has the color " + join_words({open.begin(), open.end()}) +
                    "; list one, or the colour in ignore_colors. The labels' colours: " + palette_text());
}

}  // namespace

void IsprsConfig::fields(FieldVisitor& visit) {
  visit.field("city", city, {"potsdam", "vaihingen"});
  visit.path("images", images);
  visit.path("masks", masks);
  visit.field("channels", channels, {"RGB", "IRRG", "RGBIR"});
  visit.field("boundaries", boundaries);
  visit.field("tiles", tiles);
  visit.field("ignore_colors", ignore_colors);
  visit.field("color_tolerance", color_tolerance, between(0, 442));
  image.fields(visit);
}

void IsprsConfig::validate() const {
  if (images.empty()) throw ConfigError("'images' is missing; for example images: Potsdam/2_Ortho_RGB");
}

std::shared_ptr<Source> make_isprs(const IsprsConfig& config, const LabelSpec& labels) {
  check_palette(config, labels);
  const bool potsdam = config.city == "potsdam";
  const auto images =
      find_tiles(config.images, image_pattern(config), "images",
                 potsdam ? "top_potsdam_2_10_" + config.channels + ".tif" : "top_mosaic_09cm_area1.tif");
  std::map<std::string, std::string> masks;
  if (!config.masks.empty()) {
    masks = find_tiles(config.masks, mask_pattern(config), "masks",
                       std::string(potsdam ? "top_potsdam_2_10_label" : "top_mosaic_09cm_area1") +
                           (config.boundaries ? ".tif" : "_noBoundary.tif"));
  }
  RasterPairFiles files;
  std::vector<std::string> unlabelled;
  for (const std::string& tile : wanted_tiles(config, images)) {
    files.images.push_back(images.at(tile));
    files.parts.push_back(training_tiles(config.city).contains(tile) ? "train" : "test");
    if (masks.contains(tile)) {
      files.masks.push_back(masks.at(tile));
    } else if (!config.masks.empty()) {
      unlabelled.push_back(tile);
    }
  }
  if (!unlabelled.empty()) {
    throw DataError("isprs: no label in " + config.masks + " for " + join_words(unlabelled) +
                    "; add them, or choose the others with tiles");
  }
  RasterPairsConfig pairs;
  pairs.image = config.image;
  pairs.mask = {.labels = "color",
                .ignore_values = {},
                .ignore_colors = config.ignore_colors,
                .color_tolerance = config.color_tolerance};
  if (!config.boundaries) pairs.mask.ignore_colors.emplace_back(kBlack);
  return make_raster_pairs(files, pairs, labels);
}

}  // namespace nadir
