#include "predict/map_writer.h"

#include <torch/torch.h>
#include <algorithm>
#include <set>

#include "core/text.h"
#include "predict/map_kernel.h"

namespace nadir {
namespace {

constexpr float kPerCent = 100.0F;
constexpr float kFullLevel = 255.0F;  // what write_polygons takes for 1

RasterClass raster_class(const ClassInfo& info) {
  const auto level = [&](std::size_t at) {
    return static_cast<std::uint8_t>(std::stoi(info.color.substr(at, 2), nullptr, 16));
  };
  return {info.name, {level(1), level(3), level(5)}};
}

std::int64_t class_index(const ModelCard& card, const std::string& name, const std::string& what) {
  const std::vector<std::string> names = class_names(card.classes);
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) return found - names.begin();
  const std::string hint = nearest(name, names);
  throw ConfigError(what + " '" + name + "' is no class of the model" +
                    (hint.empty() ? "" : "; did you mean " + hint + "?") +
                    " Its classes: " + join_words(names));
}

// The values of the class map: a class each, or for a single label its absence and its presence.
std::vector<RasterClass> map_values(const ModelCard& card) {
  std::vector<RasterClass> values;
  if (card.task == Task::kMultilabel) {
    if (card.classes.size() > 1) return values;
    values.push_back({"not " + card.classes.front().name, {240, 240, 240}});
  }
  for (const ClassInfo& each : card.classes) values.push_back(raster_class(each));
  return values;
}

void check_distinct(const PredictOutputs& outputs, const std::string& image) {
  std::set<std::filesystem::path> seen{std::filesystem::weakly_canonical(image)};
  for (const std::filesystem::path& each : {outputs.classes, outputs.probability, outputs.polygons}) {
    if (each.empty() || seen.insert(std::filesystem::weakly_canonical(each)).second) continue;
    throw ConfigError(each.string() + " is given twice, as an output and as the image or another output");
  }
}

std::size_t index(std::int64_t value) { return static_cast<std::size_t>(value); }

}  // namespace

MapWriter::MapWriter(const ModelCard& card, const RasterInfo& image, const PredictOutputs& outputs)
    : card_(card),
      image_(image),
      outputs_(outputs),
      multilabel_(card.task == Task::kMultilabel),
      values_(map_values(card)),
      strongest_(index(image.width)),
      strongest_class_(index(image.width)),
      class_pixels_(card.classes.size(), 0) {
  check_products();
  if (!outputs.polygons.empty()) polygons_ = std::make_unique<StagedOutput>(outputs.polygons);
  make_class_map();
  make_probability_map();
  make_polygon_maps();
}

void MapWriter::check_products() const {
  check_distinct(outputs_, image_.path);
  if (std::ssize(card_.classes) > kMostMappedClasses) {
    throw ModelError("the model has " + counted(std::ssize(card_.classes), "class", "classes") +
                     "; a map holds " + std::to_string(kMostMappedClasses) + " at most");
  }
  if (outputs_.polygons.empty()) return;
  const std::string suffix = outputs_.polygons.extension().string();
  if (suffix != ".gpkg" && suffix != ".geojson" && suffix != ".fgb") {
    throw ConfigError(outputs_.polygons.string() + ": polygons are written as .gpkg, .geojson or .fgb");
  }
  if (multilabel_ && card_.classes.size() > 1) {
    throw ConfigError(outputs_.polygons.string() + ": the areas of the model's " +
                      std::to_string(card_.classes.size()) +
                      " labels overlap and make no polygons; write the class map, which has a band for each");
  }
  for (const std::string& name : outputs_.polygon_classes) class_index(card_, name, "the polygon class");
}

RasterLayout MapWriter::layout(const std::vector<std::string>& bands) const {
  RasterLayout result;
  result.height = image_.height;
  result.width = image_.width;
  result.bands = std::ssize(bands);
  result.geo = image_.geo;
  result.nodata = kNoData;
  result.band_names = bands;
  return result;
}

MapWriter::Map MapWriter::make_map(const std::filesystem::path& target, const RasterLayout& layout) const {
  Map map;
  map.output = std::make_unique<StagedOutput>(target);
  map.rows = std::make_unique<RowWriter>(map.output->path(), layout);
  return map;
}

void MapWriter::make_class_map() {
  const std::vector<std::string> bands =
      multilabel_ ? class_names(card_.classes) : std::vector<std::string>{"class"};
  labels_.resize(bands.size() * index(image_.width));
  if (outputs_.classes.empty() && outputs_.polygons.empty()) return;
  RasterLayout raster = layout(bands);
  raster.classes = values_;
  raster.overviews = !outputs_.classes.empty();
  const std::filesystem::path hidden = outputs_.polygons.string() + ".classes.tif";
  classes_ = make_map(outputs_.classes.empty() ? hidden : outputs_.classes, raster);
}

void MapWriter::make_probability_map() {
  if (outputs_.probability.empty()) return;
  std::vector<std::string> bands;
  for (std::int64_t k = 0; k < std::ssize(card_.classes); ++k) {
    const std::string& chosen = outputs_.probability_class;
    if (!chosen.empty() && k != class_index(card_, chosen, "the probability class")) continue;
    probability_bands_.push_back(k);
    bands.push_back("probability of " + card_.classes[index(k)].name + ", per cent");
  }
  RasterLayout raster = layout(bands);
  raster.metadata["UNITS"] = "per cent";
  probability_ = make_map(outputs_.probability, raster);
}

void MapWriter::make_polygon_maps() {
  if (outputs_.polygons.empty()) return;
  RasterLayout raster = layout({"probability of the mapped class, 255 for 1"});
  raster.nodata.reset();
  raster.overviews = false;
  confidence_ = make_map(outputs_.polygons.string() + ".confidence.tif", raster);
}

void MapWriter::add(std::int64_t first_row, const torch::Tensor& probabilities, const torch::Tensor& valid) {
  std::vector<const float*> lines(card_.classes.size());
  for (std::int64_t row = 0; row < probabilities.size(1); ++row) {
    for (std::size_t k = 0; k < lines.size(); ++k) {
      lines[k] = probabilities.const_data_ptr<float>() +
                 static_cast<std::int64_t>(k) * probabilities.stride(0) + row * probabilities.stride(1);
    }
    add_row(first_row + row, lines,
            valid.defined() ? valid.const_data_ptr<bool>() + row * image_.width : nullptr);
  }
}

void MapWriter::add_row(std::int64_t row, const std::vector<const float*>& probabilities, const bool* valid) {
  for (const float* const line : probabilities) {
    if (kernel::all_finite(line, strongest_.size())) continue;
    throw ModelError("the model gives probabilities that are not finite in row " + std::to_string(row) +
                     " of " + image_.path + "; its weights or its normalization do not fit these values");
  }
  pixels_ += valid ? std::count(valid, valid + image_.width, true) : image_.width;
  if (multilabel_) {
    label_each(probabilities, valid);
  } else {
    label_strongest(probabilities, valid);
  }
  if (classes_) classes_.rows->next_row();
  for (std::size_t band = 0; band < probability_bands_.size(); ++band) {
    write_levels(probability_, static_cast<std::int64_t>(band),
                 probabilities[index(probability_bands_[band])], kPerCent, valid);
  }
  if (probability_) probability_.rows->next_row();
  if (!confidence_) return;
  write_levels(confidence_, 0, multilabel_ ? probabilities.front() : strongest_.data(), kFullLevel, nullptr);
  confidence_.rows->next_row();
}

void MapWriter::label_strongest(const std::vector<const float*>& probabilities, const bool* valid) {
  std::copy_n(probabilities.front(), strongest_.size(), strongest_.begin());
  std::fill(strongest_class_.begin(), strongest_class_.end(), 0);
  for (std::size_t k = 1; k < probabilities.size(); ++k) {
    kernel::keep_strongest(probabilities[k], static_cast<std::int32_t>(k), strongest_.data(),
                           strongest_class_.data(), strongest_.size());
  }
  kernel::narrow(strongest_class_.data(), labels_.data(), labels_.size());
  if (valid) kernel::replace_invalid(valid, kNoData, labels_.data(), labels_.size());
  for (const std::uint8_t label : labels_) {
    if (label != kNoData) ++class_pixels_[label];
  }
  if (classes_) std::copy(labels_.begin(), labels_.end(), classes_.rows->row(0));
}

void MapWriter::label_each(const std::vector<const float*>& probabilities, const bool* valid) {
  for (std::size_t k = 0; k < probabilities.size(); ++k) {
    std::uint8_t* const labels = labels_.data() + k * index(image_.width);
    kernel::threshold(probabilities[k], labels, index(image_.width));
    if (valid) kernel::replace_invalid(valid, kNoData, labels, index(image_.width));
    class_pixels_[k] += std::count(labels, labels + image_.width, 1);
    if (classes_) std::copy_n(labels, image_.width, classes_.rows->row(static_cast<std::int64_t>(k)));
  }
}

void MapWriter::write_levels(Map& map, std::int64_t band, const float* probabilities, float full,
                             const bool* valid) {
  std::uint8_t* const levels = map.rows->row(band);
  kernel::quantise(probabilities, full, levels, index(image_.width));
  if (valid) kernel::replace_invalid(valid, kNoData, levels, index(image_.width));
}

void MapWriter::finish(ProgressObserver& observer) {
  for (Map* const map : {&classes_, &probability_, &confidence_}) {
    if (*map) map->rows->finish();
  }
  if (polygons_) write_polygon_file(observer);
  if (!outputs_.classes.empty()) classes_.output->commit();
  if (probability_) probability_.output->commit();
  if (polygons_) polygons_->commit();
}

void MapWriter::write_polygon_file(ProgressObserver& observer) {
  PolygonOptions options;
  options.classes = values_;
  options.min_pixels = outputs_.min_pixels;
  const std::vector<std::string>& wanted = outputs_.polygon_classes;
  for (std::int64_t value = 0; value < std::ssize(values_); ++value) {
    const bool is_absence = multilabel_ && value == 0;
    const bool is_wanted =
        wanted.empty() || std::find(wanted.begin(), wanted.end(), values_[index(value)].name) != wanted.end();
    if (is_absence || !is_wanted) options.skip_values.push_back(value);
  }
  write_polygons(classes_.output->path().string(), confidence_.output->path().string(), polygons_->path(),
                 options, observer);
}

}  // namespace nadir
