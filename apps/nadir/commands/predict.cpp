#include "commands/predict.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>

#include "console.h"
#include "core/parse_bytes.h"
#include "core/text.h"
#include "gate_options.h"
#include "image_classes.h"
#include "nadir/nadir.h"
#include "ranks.h"
#include "table.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Pictures without a place on the ground: their maps are pictures too.
bool is_picture(const std::string& file) {
  const std::string suffix = lower(fs::path(file).extension().string());
  return suffix == ".jpg" || suffix == ".jpeg" || suffix == ".png" || suffix == ".bmp";
}

bool is_raster(const std::string& file) {
  const std::string suffix = lower(fs::path(file).extension().string());
  return is_picture(file) || suffix == ".tif" || suffix == ".tiff" || suffix == ".vrt" || suffix == ".jp2" ||
         suffix == ".img";
}

std::vector<std::string> rasters_in(const fs::path& folder) {
  std::vector<std::string> files;
  for (const fs::directory_entry& each : fs::directory_iterator(folder)) {
    if (each.is_regular_file() && is_raster(each.path().string())) files.push_back(each.path().string());
  }
  std::sort(files.begin(), files.end());
  if (files.empty())
    throw DataError(folder.string() + ": holds no rasters (.tif .vrt .jp2 .img .png .jpg .bmp)");
  return files;
}

std::int64_t parse_memory(const std::string& text) {
  if (const auto bytes = parse_bytes(text)) return *bytes;
  throw ConfigError("--memory " + text + " is no size; write 2G or 1500M");
}

PredictShard parse_shard(const std::string& text) {
  long long index = 0, count = 0;
  int used = 0;
  const bool read = std::sscanf(text.c_str(), "%lld/%lld%n", &index, &count, &used) == 2;
  if (!read || static_cast<std::size_t>(used) != text.size() || count < 1 || index < 0 || index >= count)
    throw ConfigError("--shard " + text + " is no part; write 0/4 to 3/4 for the four parts of a work");
  return {index, count};
}

// "folder/scene_suffix.ext" for one of several images.
fs::path beside(const fs::path& folder, const std::string& image, const std::string& suffix,
                const std::string& extension) {
  return folder / (fs::path(image).stem().string() + suffix + extension);
}

std::string square_metres(double area) {
  return area < 1e5 ? fixed(area, 0) + " m²" : fixed(area * 1e-6, area < 1e8 ? 3 : 1) + " km²";
}

void print_areas(const ModelCard& card, const PredictSummary& summary) {
  const bool measured = !summary.class_areas.empty();
  Table table(measured ? std::vector<std::string>{"class", "pixels", "share", "area"}
                       : std::vector<std::string>{"class", "pixels", "share"});
  for (std::size_t k = 0; k < card.classes.size(); ++k) {
    const std::int64_t pixels = summary.class_pixels.at(k);
    const double share =
        summary.pixels > 0 ? 100.0 * static_cast<double>(pixels) / static_cast<double>(summary.pixels) : 0;
    std::vector<std::string> row{card.classes[k].name, with_thousands(pixels), fixed(share, 2) + "%"};
    if (measured) row.push_back(square_metres(summary.class_areas[k]));
    table.add(row);
  }
  std::cout << table.text();
}

void print_json(const std::string& image, const ModelCard& card, const PredictSummary& summary) {
  nlohmann::ordered_json classes = nlohmann::ordered_json::array();
  for (std::size_t k = 0; k < card.classes.size(); ++k) {
    nlohmann::ordered_json each{{"class", card.classes[k].name}, {"pixels", summary.class_pixels.at(k)}};
    if (!summary.class_areas.empty()) each["area_m2"] = summary.class_areas[k];
    classes.push_back(each);
  }
  const nlohmann::ordered_json line{{"image", image},
                                    {"pixels", summary.pixels},
                                    {"classes", classes},
                                    {"tiles", summary.tiles.run},
                                    {"tiles_skipped", summary.tiles.skipped},
                                    {"unreadable_blocks", summary.unreadable_blocks},
                                    {"strips", summary.strips},
                                    {"seconds", summary.seconds}};
  std::cout << line.dump() << "\n";
}

}  // namespace

PredictCommand::PredictCommand(CLI::App& app) {
  app.add_option("model", model_, "A .safetensors model file")->required();
  app.add_option("image", images_,
                 "Rasters to map: anything that GDAL opens, /vsizip/ /vsis3/ /vsicurl/ too, and folders")
      ->required();
  app.add_option(
         "-o,--output", output_,
         "The class map (.tif, or .png); with several images or a folder, the folder for the maps; of "
         "a classifier also a table of all images (.csv)")
      ->required();
  add_input_options(app);
  add_output_options(app);
  add_work_options(app);
}

void PredictCommand::add_input_options(CLI::App& app) {
  app.add_option("--bands", bands_,
                 "Bands of the raster, by number from 1 or by name; default: those of the training")
      ->delimiter(',');
  app.add_flag("--stack", stack_, "The images are one raster: their bands are numbered on, file after file");
  app.add_option("--bbox", bounds_, "Only this part: left,bottom,right,top in the raster's CRS")
      ->delimiter(',')
      ->expected(4);
  app.add_option("--aoi", aoi_, "Only what lies in the polygons of this file, on any CRS");
  app.add_option("--resolution", resolution_,
                 "Metres a pixel, or `model`: resample to it; the maps lie on that grid");
  app.add_flag("--skip-unreadable", skip_unreadable_, "Blocks that cannot be read become nodata");
}

void PredictCommand::add_output_options(CLI::App& app) {
  app.add_option("--probability", probability_, "Also write probabilities (.tif)");
  app.add_option("--probability-class", outputs_.probability_class,
                 "of this class only; default: a band for each");
  app.add_option("--probability-type", outputs_.probability_type,
                 "uint8 (per cent), uint16 (1/10000) or float32")
      ->check(CLI::IsMember({"uint8", "uint16", "float32"}))
      ->capture_default_str();
  app.add_option("--confidence", confidence_, "Also write the mapped class's own probability (.tif)");
  app.add_flag("--cog", outputs_.cog, "Write cloud-optimised GeoTIFFs");
  app.add_option("--compress", outputs_.compress, "deflate, zstd, lzw or none")
      ->check(CLI::IsMember({"deflate", "zstd", "lzw", "none"}))
      ->capture_default_str();
  app.add_option("--polygons", polygons_, "Also write areas as polygons (.gpkg, .geojson, .fgb)");
  app.add_option("--polygon-class", outputs_.polygon_classes, "of these classes only; default: all");
  app.add_option("--min-pixels", outputs_.min_pixels, "Leave smaller areas out of the polygons")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--min-area", outputs_.min_area, "The same in square metres")->check(CLI::NonNegativeNumber);
  app.add_option("--sieve", outputs_.sieve,
                 "Areas of fewer pixels first become part of their largest neighbour")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--simplify", outputs_.simplify,
                 "Pixels that outlines may move by; neighbours keep one border")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--areas", areas_, "Also write the area of each class (.json)");
  app.add_flag("--overlay", overlay_, "Also draw the map over the image: NAME_overlay.jpg beside the map");
  app.add_flag("--json", json_, "Print the areas as a line of JSON for each image");
}

void PredictCommand::add_work_options(CLI::App& app) {
  app.add_option("--tile", config_.tile, "Side of the tiles, pixels; default: as the model was trained");
  app.add_option("--overlap", config_.overlap, "Share of a tile that its neighbour covers too, 0 to 0.75")
      ->check(CLI::Range(0.0, 0.75))
      ->capture_default_str();
  app.add_option("--window", config_.window, "How overlapping tiles are weighted: spline, hann, linear, none")
      ->check(CLI::IsMember({"spline", "hann", "linear", "none"}))
      ->capture_default_str();
  app.add_option("--borders", config_.borders,
                 "fit: as few tiles as cover the raster; mirror: all pixels covered alike (study 004)")
      ->check(CLI::IsMember({"fit", "mirror"}))
      ->capture_default_str();
  app.add_option("--tta", config_.symmetries,
                 "Test-time augmentation: none, flips (4 times the work) or all symmetries of the square (8)")
      ->check(CLI::IsMember({"none", "flips", "all"}))
      ->capture_default_str();
  app.add_option("--batch", config_.batch_size, "Tiles at a time; default: about half a megapixel")
      ->check(CLI::PositiveNumber);
  add_gate_options(app, config_.gate, config_.gate_thresholds,
                   "classes that it does not see in a tile are not mapped there");
  app.add_option("--precision", config_.precision, "fp32 or bf16")
      ->check(CLI::IsMember({"fp32", "bf16"}))
      ->capture_default_str();
  app.add_flag("--eager", eager_, "Run the network as it is, not folded and fused");
  app.add_option("--memory", memory_, "Of the whole process: wider rasters are worked in strips")
      ->capture_default_str();
  app.add_option("--device", config_.device, "auto, cpu, cuda or cuda:N")->capture_default_str();
  app.add_flag("--resume", resume_, "Go on where a stopped run was; finished images are left as they are");
  auto* const shard = app.add_option("--shard", shard_, "Only part i of n, 0/n to (n-1)/n; then --join");
  app.add_flag("--join", join_, "Make the outputs of the parts of all shards")->excludes(shard);
}

PredictInput PredictCommand::input_of(std::vector<std::string> files) const {
  PredictInput input(std::move(files));
  input.bands = bands_;
  if (!bounds_.empty()) input.bounds = {bounds_[0], bounds_[1], bounds_[2], bounds_[3]};
  input.aoi = aoi_;
  input.skip_unreadable = skip_unreadable_;
  input.model_resolution = resolution_ == "model";
  if (resolution_.empty() || input.model_resolution) return input;
  char* end = nullptr;
  input.resolution = std::strtod(resolution_.c_str(), &end);
  if (*end || !(*input.resolution > 0))
    throw ConfigError("--resolution " + resolution_ + " is neither metres a pixel nor `model`");
  return input;
}

std::vector<PredictInput> PredictCommand::inputs() const {
  std::vector<std::string> files;
  for (const std::string& each : images_) {
    if (!fs::is_directory(each)) {
      files.push_back(each);
      continue;
    }
    const std::vector<std::string> found = rasters_in(each);
    files.insert(files.end(), found.begin(), found.end());
  }
  if (stack_) return {input_of(files)};
  std::vector<PredictInput> result;
  for (const std::string& each : files) result.push_back(input_of({each}));
  return result;
}

PredictOutputs PredictCommand::outputs_for(const PredictInput& input, bool alone) const {
  PredictOutputs outputs = outputs_;
  const std::string& image = input.files.front();
  if (alone) {
    outputs.classes = output_;
    outputs.probability = probability_;
    outputs.confidence = confidence_;
    outputs.polygons = polygons_;
    outputs.areas = areas_;
  } else {
    outputs.classes = beside(output_, image, "", is_picture(image) ? ".png" : ".tif");
    if (!probability_.empty()) outputs.probability = beside(output_, image, "_probability", ".tif");
    if (!confidence_.empty()) outputs.confidence = beside(output_, image, "_confidence", ".tif");
    if (!polygons_.empty())
      outputs.polygons = beside(output_, image, "", fs::path(polygons_).extension().string());
    if (!areas_.empty()) outputs.areas = beside(output_, image, "_areas", ".json");
  }
  if (overlay_) {
    outputs.overlay = beside(outputs.classes.parent_path(), outputs.classes.string(), "_overlay", ".jpg");
  }
  return outputs;
}

PredictOptions PredictCommand::options() const {
  PredictOptions result{.resume = resume_, .shard = {}, .join = join_};
  if (!shard_.empty()) {
    result.shard = parse_shard(shard_);
  } else if (!join_) {
    result.shard = shard_of_environment();
    result.wait_and_join = result.shard && result.shard->index == 0;
  }
  return result;
}

void PredictCommand::map(const LoadedModel& model, const PredictInput& input, bool alone,
                         ProgressObserver& observer) {
  const PredictOutputs outputs = outputs_for(input, alone);
  const PredictOptions how = options();
  const std::string& image = input.files.front();
  if (resume_ && outputs_are_there(input, outputs)) {
    observer.message(image + ": its outputs are there already");
    return;
  }
  const PredictSummary summary = predict_raster(model, input, outputs, config_, observer, how);
  if (how.shard && !how.wait_and_join) {
    observer.message(image + ": part " + std::to_string(how.shard->index) + " of " +
                     std::to_string(how.shard->count) + " is done");
    return;
  }
  if (summary.tiles.skipped > 0)
    observer.message(image + ": " + counted(summary.tiles.skipped, "tile") + " without data left out");
  if (summary.unreadable_blocks > 0)
    observer.warning(image + ": " + counted(summary.unreadable_blocks, "block") +
                     " could not be read, now nodata");
  if (json_) return print_json(image, model.card, summary);
  std::cout << image << ": " << counted(summary.pixels, "pixel") << " in " << fixed(summary.seconds, 1)
            << " s\n";
  print_areas(model.card, summary);
  for (const fs::path& each : outputs.paths()) std::cout << "wrote " << each.string() << "\n";
}

int PredictCommand::run() {
  Console console;
  config_.memory = parse_memory(memory_);
  config_.trace = !eager_;
  const std::vector<PredictInput> all = inputs();
  if (lower(fs::path(output_).extension().string()) == ".csv") {
    if (resume_ || join_ || !shard_.empty())
      throw ConfigError("a table of classes is made in one go: no --resume, --shard or --join");
    write_image_classes(load_model(model_), config_, all, output_, json_, console);
    return 0;
  }
  const bool alone = all.size() == 1 && !fs::is_directory(output_) && !fs::is_directory(images_.front());
  std::set<fs::path> targets;
  for (const PredictInput& each : all) {
    const fs::path target = outputs_for(each, alone).classes;
    if (!targets.insert(target).second)
      throw ConfigError(target.string() + " would be the map of two images; map them into different folders");
  }
  const LoadedModel model = load_model(model_);
  if (alone) {
    map(model, all.front(), true, console);
    return 0;
  }
  // One bad image does not end the work on a folder of them.
  int failed = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    try {
      map(model, all[i], false, console);
    } catch (const DataError& error) {
      ++failed;
      console.message(std::string("error: ") + error.what());
    }
    console.progress({.stage = "images",
                      .done = static_cast<std::int64_t>(i) + 1,
                      .total = std::ssize(all),
                      .text = std::to_string(i + 1) + " of " + std::to_string(all.size())});
  }
  if (failed > 0)
    throw DataError(counted(failed, "image") + " of " + std::to_string(all.size()) + " could not be mapped");
  return 0;
}

}  // namespace nadir
