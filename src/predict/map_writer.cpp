#include "predict/map_writer.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>

#include "core/text.h"
#include "predict/map_kernel.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

// A file for products that other products are made of, under a name that none of the user's has.
fs::path hidden_name(const PredictOutputs& outputs, Role role) {
  const fs::path& beside = outputs.polygons.empty() ? outputs.overlay : outputs.polygons;
  return beside.string() + (role == Role::kClasses ? ".classes.tif" : ".confidence.tif");
}

bool is_picture(const fs::path& target) { return target.extension() == ".png"; }

std::size_t index(std::int64_t value) { return static_cast<std::size_t>(value); }

}  // namespace

MapWriter::MapWriter(const ModelCard& card, std::vector<Product> products, const PredictOutputs& outputs)
    : card_(card),
      products_(std::move(products)),
      outputs_(outputs),
      labels_(is_multilabel(card.task) && card.classes.size() == 1),
      bands_of_labels_(is_multilabel(card.task) && card.classes.size() > 1),
      class_pixels_(card.classes.size(), 0) {
  if (!outputs.polygons.empty()) polygons_ = std::make_unique<StagedOutput>(outputs.polygons);
  if (!outputs.overlay.empty()) overlay_ = std::make_unique<StagedOutput>(outputs.overlay);
  if (area_of_pixels(products_.front().layout.geo, 0, 1)) class_areas_.resize(card.classes.size(), 0);
  for (Product& product : products_) {
    Map map;
    if (is_made(product)) {
      const bool picture = is_picture(product.target);
      const bool hidden = product.target.empty() || picture;
      if (picture) map.picture = std::make_unique<StagedOutput>(product.target);
      if (hidden) product.layout.overviews = product.layout.cog = false;
      if (product.role == Role::kPolygonConfidence) product.layout.nodata.reset();
      map.output = std::make_unique<StagedOutput>(picture  ? fs::path(product.target.string() + ".tif")
                                                  : hidden ? hidden_name(outputs, product.role)
                                                           : product.target);
      map.rows = std::make_unique<RowWriter>(map.output->path(), product.layout);
    }
    maps_.push_back(std::move(map));
  }
}

bool MapWriter::is_made(const Product& product) const {
  return !product.target.empty() || polygons_ || (overlay_ && product.role == Role::kClasses);
}

void MapWriter::add(const Levels& levels) {
  count(0, levels.front());
  for (std::size_t i = 0; i < maps_.size(); ++i) {
    if (maps_[i].rows) maps_[i].rows->add(levels[i]);
  }
}

void MapWriter::add_blocks(std::int64_t column, const Levels& levels) {
  count(column, levels.front());
  for (std::size_t i = 0; i < maps_.size(); ++i) {
    if (maps_[i].rows) maps_[i].rows->add_blocks(column, levels[i]);
  }
}

// Rows count when they are whole: areas are sums of them, which round the same however they came.
void MapWriter::count(std::int64_t column, const at::Tensor& classes) {
  const std::size_t each = class_pixels_.size() + 1;
  if (column == 0) row_counts_.assign(index(classes.size(1)) * each, 0);
  const bool whole = column + classes.size(2) == products_.front().layout.width;
  for (std::int64_t row = 0; row < classes.size(1); ++row) {
    std::int64_t* const counts = row_counts_.data() + index(row) * each;
    count_row(classes, row, counts);
    if (whole) settle_row(counts);
  }
}

void MapWriter::count_row(const at::Tensor& classes, std::int64_t row, std::int64_t* counts) const {
  const std::int64_t width = classes.size(2);
  const std::size_t known = class_pixels_.size();
  std::int64_t& valid = counts[known];
  if (classes.scalar_type() == at::kUInt16) {
    const auto* const labels = static_cast<const std::uint16_t*>(classes.const_data_ptr()) + row * width;
    for (std::int64_t i = 0; i < width; ++i) {
      if (labels[i] >= known) continue;
      ++counts[labels[i]];
      ++valid;
    }
    return;
  }
  for (std::int64_t band = 0; band < classes.size(0); ++band) {
    std::array<std::int64_t, 256> found{};
    kernel::count_values(classes.const_data_ptr<std::uint8_t>() + (band * classes.size(1) + row) * width,
                         found.data(), index(width));
    if (band == 0) valid += width - found[255];
    if (labels_ || bands_of_labels_) {
      counts[band] += found[1];
    } else {
      std::transform(counts, counts + known, found.begin(), counts, std::plus<>());
    }
  }
}

void MapWriter::settle_row(const std::int64_t* counts) {
  pixels_ += counts[class_pixels_.size()];
  for (std::size_t k = 0; k < class_pixels_.size(); ++k) class_pixels_[k] += counts[k];
  if (!class_areas_.empty()) {
    const double pixel = area_of_pixels(products_.front().layout.geo, row_, 1).value_or(0);
    for (std::size_t k = 0; k < class_areas_.size(); ++k) {
      class_areas_[k] += pixel * static_cast<double>(counts[k]);
    }
  }
  ++row_;
}

const MapWriter::Map& MapWriter::map_of(Role role) const {
  for (std::size_t i = 0; i < products_.size(); ++i) {
    if (products_[i].role == role) return maps_[i];
  }
  throw std::logic_error("a product is missing");
}

void MapWriter::finish(const Draw& draw, ProgressObserver& observer) {
  for (const Map& map : maps_) {
    if (map.rows) map.rows->finish();
    if (map.picture) copy_as_png(map.output->path(), map.picture->path());
  }
  if (polygons_) write_polygon_file(observer);
  if (overlay_) draw(map_of(Role::kClasses).output->path(), overlay_->path());
  for (std::size_t i = 0; i < maps_.size(); ++i) {
    if (!products_[i].target.empty()) (maps_[i].picture ? maps_[i].picture : maps_[i].output)->commit();
  }
  if (polygons_) polygons_->commit();
  if (overlay_) overlay_->commit();
  if (!outputs_.areas.empty()) write_file_atomically(outputs_.areas, areas_json());
}

std::string MapWriter::areas_json() const {
  nlohmann::ordered_json classes = nlohmann::ordered_json::array();
  for (std::size_t k = 0; k < class_pixels_.size(); ++k) {
    nlohmann::ordered_json each{{"class", card_.classes[k].name}, {"pixels", class_pixels_[k]}};
    each["share"] = pixels_ > 0 ? static_cast<double>(class_pixels_[k]) / static_cast<double>(pixels_) : 0.0;
    each["area_m2"] =
        class_areas_.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(class_areas_[k]);
    classes.push_back(each);
  }
  return nlohmann::ordered_json{{"pixels", pixels_}, {"classes", classes}}.dump(2) + "\n";
}

void MapWriter::write_polygon_file(ProgressObserver& observer) {
  PolygonOptions options;
  options.classes = map_values(card_);
  options.min_pixels = outputs_.min_pixels;
  options.min_area = outputs_.min_area;
  options.sieve = outputs_.sieve;
  options.simplify = outputs_.simplify;
  const std::vector<std::string>& wanted = outputs_.polygon_classes;
  for (std::int64_t value = 0; value < std::ssize(options.classes); ++value) {
    const bool is_absence = labels_ && value == 0;
    const bool is_wanted = wanted.empty() || std::find(wanted.begin(), wanted.end(),
                                                       options.classes[index(value)].name) != wanted.end();
    if (is_absence || !is_wanted) options.skip_values.push_back(value);
  }
  write_polygons(map_of(Role::kClasses).output->path().string(),
                 map_of(Role::kPolygonConfidence).output->path().string(), polygons_->path(), options,
                 observer);
}

}  // namespace nadir
