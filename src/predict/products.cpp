#include "predict/products.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <set>

#include "core/text.h"
#include "models/card_task.h"
#include "predict/map_kernel.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

RasterClass raster_class(const ClassInfo& info) {
  const auto level = [&](std::size_t at) {
    return static_cast<std::uint8_t>(std::stoi(info.color.substr(at, 2), nullptr, 16));
  };
  return {info.name, {level(1), level(3), level(5)}};
}

void check_distinct(const PredictOutputs& outputs, const std::vector<std::string>& inputs) {
  std::set<fs::path> seen;
  for (const std::string& input : inputs) seen.insert(fs::weakly_canonical(input));
  for (const fs::path& each : outputs.paths()) {
    if (seen.insert(fs::weakly_canonical(each)).second) continue;
    throw ConfigError(each.string() + " is given twice, as an output and as the image or another output");
  }
}

void check_polygons(const ModelCard& card, const PredictOutputs& outputs) {
  if (outputs.polygons.empty()) return;
  const std::string suffix = outputs.polygons.extension().string();
  if (suffix != ".gpkg" && suffix != ".geojson" && suffix != ".fgb") {
    throw ConfigError(outputs.polygons.string() + ": polygons are written as .gpkg, .geojson or .fgb");
  }
  if (is_multilabel(card.task) && card.classes.size() > 1) {
    throw ConfigError(outputs.polygons.string() + ": the areas of the model's " +
                      std::to_string(card.classes.size()) +
                      " labels overlap and make no polygons; write the class map, which has a band for each");
  }
  for (const std::string& name : outputs.polygon_classes) class_index(card, name, "the polygon class");
}

// How probabilities are stored, by the name of the type.
struct Scale {
  at::ScalarType type;
  float full;  // stands for 1
  double nodata;
  std::string unit;
};

Scale scale_of(const std::string& type) {
  if (type == "uint8") return {at::kByte, 100, 255, "per cent"};
  if (type == "uint16") return {at::kUInt16, 10000, 65535, "1/10000"};
  if (type == "float32") return {at::kFloat, 1, std::numeric_limits<double>::quiet_NaN(), ""};
  throw ConfigError("probability type '" + type + "' is unknown; use uint8, uint16 or float32");
}

RasterLayout probability_layout(RasterLayout layout, const Scale& scale, std::vector<std::string> bands) {
  layout.bands = std::ssize(bands);
  layout.band_names = std::move(bands);
  layout.type = scale.type;
  layout.nodata = scale.nodata;
  if (!scale.unit.empty()) layout.metadata["UNITS"] = scale.unit;
  return layout;
}

template <class T>
T* place(at::Tensor& levels, std::int64_t band, std::int64_t row, std::int64_t column) {
  return static_cast<T*>(levels.data_ptr()) + (band * levels.size(1) + row) * levels.size(2) + column;
}

void write_probabilities(const float* from, const Product& product, at::Tensor& levels, std::int64_t band,
                         std::int64_t row, std::int64_t column, std::size_t count) {
  const bool for_polygons = product.role == Role::kPolygonConfidence;  // write_polygons takes 255 for 1
  switch (product.layout.type) {
    case at::kByte:
      return kernel::quantise(from, for_polygons ? 255 : 100, place<std::uint8_t>(levels, band, row, column),
                              count);
    case at::kUInt16:
      return kernel::quantise(from, 10000, place<std::uint16_t>(levels, band, row, column), count);
    default:
      std::copy_n(from, count, place<float>(levels, band, row, column));
  }
}

// The strongest class at each pixel of a piece, and its probability.
struct Strongest {
  explicit Strongest(const RowPiece& piece, std::size_t classes_count) {
    std::copy_n(piece.values, piece.count, probability.begin());
    std::fill_n(classes.begin(), piece.count, 0);
    for (std::size_t k = 1; k < classes_count; ++k) {
      kernel::keep_strongest(piece.values + k * piece.stride, static_cast<std::int32_t>(k),
                             probability.data(), classes.data(), piece.count);
    }
  }
  std::array<float, RowPiece::kMost> probability;
  std::array<std::int32_t, RowPiece::kMost> classes;
};

template <class T>
void mask_line(const bool* valid, double nodata, T* to, std::size_t count) {
  if constexpr (std::is_same_v<T, float>) {
    for (std::size_t i = 0; i < count; ++i) to[i] = valid[i] ? to[i] : static_cast<float>(nodata);
  } else {
    kernel::replace_invalid(valid, static_cast<T>(nodata), to, count);
  }
}

std::vector<std::string> probability_band_names(const ModelCard& card, const PredictOutputs& outputs,
                                                const Scale& scale) {
  std::vector<std::string> names;
  const std::string unit = scale.unit.empty() ? "" : ", " + scale.unit;
  if (!outputs.probability_class.empty())
    class_index(card, outputs.probability_class, "the probability class");
  for (const ClassInfo& each : card.classes) {
    if (!outputs.probability_class.empty() && each.name != outputs.probability_class) continue;
    names.push_back("probability of " + each.name + unit);
  }
  return names;
}

}  // namespace

std::vector<RasterClass> map_values(const ModelCard& card) {
  std::vector<RasterClass> values;
  if (is_multilabel(card.task)) {
    if (card.classes.size() > 1) return values;
    values.push_back({"not " + card.classes.front().name, {240, 240, 240}});
  }
  for (const ClassInfo& each : card.classes) values.push_back(raster_class(each));
  return values;
}

std::vector<Product> make_products(const ModelCard& card, const PredictOutputs& outputs,
                                   const std::vector<std::string>& inputs, std::int64_t height,
                                   std::int64_t width, const GeoReference& geo) {
  check_distinct(outputs, inputs);
  check_polygons(card, outputs);
  const Scale scale = scale_of(outputs.probability_type);
  const bool bands_of_labels = is_multilabel(card.task) && card.classes.size() > 1;
  const bool is_wide = card.classes.size() > 255;
  if (card.classes.size() > 65535) throw ModelError("the model has more classes than a map can hold, 65535");
  RasterLayout base{.height = height, .width = width};
  base.geo = geo;
  base.compress = outputs.compress;
  base.cog = outputs.cog;

  RasterLayout classes = base;
  classes.band_names = bands_of_labels ? class_names(card.classes) : std::vector<std::string>{"class"};
  classes.bands = std::ssize(classes.band_names);
  classes.type = is_wide && !bands_of_labels ? at::kUInt16 : at::kByte;
  classes.nodata = classes.type == at::kByte ? 255 : 65535;
  classes.classes = map_values(card);
  std::vector<Product> products{{Role::kClasses, outputs.classes, classes}};
  if (!outputs.probability.empty()) {
    products.push_back({Role::kProbability, outputs.probability,
                        probability_layout(base, scale, probability_band_names(card, outputs, scale))});
  }
  if (!outputs.confidence.empty()) {
    if (bands_of_labels)
      throw ConfigError(outputs.confidence.string() +
                        ": several labels have no single confidence; write their "
                        "probabilities");
    const std::string unit = scale.unit.empty() ? "" : ", " + scale.unit;
    products.push_back({Role::kConfidence, outputs.confidence,
                        probability_layout(base, scale, {"probability of the mapped class" + unit})});
  }
  if (!outputs.polygons.empty()) {
    RasterLayout hidden = base;
    hidden.band_names = {"probability of the mapped class, 255 for 1"};
    products.push_back({Role::kPolygonConfidence, {}, hidden});
  }
  return products;
}

LevelMaker::LevelMaker(const ModelCard& card, const std::vector<Product>& products,
                       std::string probability_class, std::string image)
    : products_(products),
      classes_(std::ssize(card.classes)),
      multilabel_(is_multilabel(card.task)),
      image_(std::move(image)) {
  for (std::size_t k = 0; k < card.classes.size(); ++k) {
    if (probability_class.empty() || card.classes[k].name == probability_class)
      probability_bands_.push_back(static_cast<std::int64_t>(k));
  }
}

Levels LevelMaker::empty(std::int64_t height, std::int64_t width) const {
  Levels levels;
  for (const Product& each : products_) {
    levels.push_back(torch::empty({each.layout.bands, height, width}, each.layout.type));
  }
  return levels;
}

void LevelMaker::fill(Levels& levels, std::int64_t row, std::int64_t column, const RowPiece& piece) const {
  check_finite(piece);
  const std::size_t count = piece.count;
  const auto line = [&](std::int64_t k) { return piece.values + static_cast<std::size_t>(k) * piece.stride; };
  std::optional<Strongest> strongest;
  if (!multilabel_) strongest.emplace(piece, static_cast<std::size_t>(classes_));
  for (std::size_t i = 0; i < products_.size(); ++i) {
    const Product& product = products_[i];
    at::Tensor& to = levels[i];
    for (std::int64_t band = 0; band < product.layout.bands; ++band) {
      if (product.role == Role::kProbability) {
        write_probabilities(line(probability_bands_[static_cast<std::size_t>(band)]), product, to, band, row,
                            column, count);
      } else if (product.role != Role::kClasses) {
        write_probabilities(multilabel_ ? line(0) : strongest->probability.data(), product, to, band, row,
                            column, count);
      } else if (multilabel_) {
        kernel::threshold(line(band), place<std::uint8_t>(to, band, row, column), count);
      } else if (product.layout.type == at::kUInt16) {
        kernel::narrow(strongest->classes.data(), place<std::uint16_t>(to, band, row, column), count);
      } else {
        kernel::narrow(strongest->classes.data(), place<std::uint8_t>(to, band, row, column), count);
      }
    }
  }
}

void LevelMaker::check_finite(const RowPiece& piece) const {
  for (std::size_t k = 0; k < static_cast<std::size_t>(classes_); ++k) {
    if (kernel::all_finite(piece.values + k * piece.stride, piece.count)) continue;
    throw ModelError("the model gives probabilities that are not finite in row " + std::to_string(piece.row) +
                     " of " + image_ + "; its weights or its normalization do not fit these values");
  }
}

void LevelMaker::mask(Levels& levels, const torch::Tensor& valid) const {
  const std::int64_t width = valid.size(1);
  for (std::size_t i = 0; i < products_.size(); ++i) {
    const RasterLayout& layout = products_[i].layout;
    if (products_[i].role == Role::kPolygonConfidence) continue;
    const double nodata = layout.nodata.value();
    for (std::int64_t line = 0; line < layout.bands * valid.size(0); ++line) {
      const std::int64_t band = line / valid.size(0), row = line % valid.size(0);
      const bool* const from = valid.const_data_ptr<bool>() + row * width;
      const auto apply = [&]<class T>(T) {
        mask_line(from, nodata, place<T>(levels[i], band, row, 0), static_cast<std::size_t>(width));
      };
      if (layout.type == at::kByte) {
        apply(std::uint8_t{});
      } else if (layout.type == at::kUInt16) {
        apply(std::uint16_t{});
      } else {
        apply(float{});
      }
    }
  }
}

Levels LevelMaker::make(std::int64_t first_row, const torch::Tensor& probabilities,
                        const torch::Tensor& valid) const {
  const std::int64_t height = probabilities.size(1), width = probabilities.size(2);
  Levels levels = empty(height, width);
  constexpr auto kMost = static_cast<std::int64_t>(RowPiece::kMost);
  for (std::int64_t row = 0; row < height; ++row) {
    for (std::int64_t column = 0; column < width; column += kMost) {
      const float* const from =
          probabilities.const_data_ptr<float>() + row * probabilities.stride(1) + column;
      fill(levels, row, column,
           {first_row + row, column, static_cast<std::size_t>(std::min(kMost, width - column)), from,
            static_cast<std::size_t>(probabilities.stride(0))});
    }
  }
  if (valid.defined()) mask(levels, valid);
  return levels;
}

}  // namespace nadir
