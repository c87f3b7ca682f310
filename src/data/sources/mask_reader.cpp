#include "data/sources/mask_reader.h"

#include "core/text.h"
#include "data/pixel_types.h"

namespace nadir {
namespace {

constexpr std::int64_t kTableFirst = -32768;  // the values of int16 and uint16
constexpr std::int64_t kTableSize = 32768 + 65536;
constexpr std::size_t kListedValues = 8;  // unknown values in a message, at most
constexpr auto kIgnored = static_cast<std::uint8_t>(kIgnore);

std::uint32_t parse_color(const std::string& text) {
  const bool is_color = text.size() == 7 && text[0] == '#' &&
                        text.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string::npos;
  if (!is_color) throw ConfigError("ignore_colors: '" + text + "' is not of the form \"#rrggbb\"");
  return static_cast<std::uint32_t>(std::stoul(text.substr(1), nullptr, 16));
}

std::string color_text(std::uint32_t color) {
  static constexpr const char* kDigits = "0123456789abcdef";
  std::string text = "#";
  for (int shift = 20; shift >= 0; shift -= 4) text += kDigits[color >> shift & 15];
  return text;
}

// Values that stand for no class, and how many pixels have them.
using Unknown = std::map<double, std::int64_t>;

template <class Describe>
[[noreturn]] void throw_unknown(const RasterInfo& mask, const Window& window, const Unknown& unknown,
                                const Describe& describe, const std::string& allowed) {
  std::vector<std::string> words;
  for (const auto& [value, count] : unknown) {
    if (words.size() == kListedValues) break;
    words.push_back(describe(value) + " (" + counted(count, "pixel") + ")");
  }
  if (unknown.size() > kListedValues) {
    words.push_back(with_thousands(static_cast<std::int64_t>(unknown.size() - kListedValues)) + " more");
  }
  throw DataError(mask.path + ", " + to_string(window) + ": no class has " + join_words(words) +
                  ". Allowed: " + allowed);
}

// Translates pixels by `label` (pixel index to label, -1 for none), where they are valid.
template <class Label, class Value>
torch::Tensor translate(const Window& window, const torch::Tensor& valid, const Label& label,
                        const Value& value, Unknown& unknown) {
  torch::Tensor target = torch::empty({window.height, window.width}, torch::kUInt8);
  auto* const to = target.mutable_data_ptr<std::uint8_t>();
  const bool* const is_valid = valid.defined() ? valid.const_data_ptr<bool>() : nullptr;
  for (std::int64_t i = 0; i < window.area(); ++i) {
    const int found = is_valid && !is_valid[i] ? static_cast<int>(kIgnore) : label(i);
    if (found < 0) ++unknown[value(i)];
    to[i] = static_cast<std::uint8_t>(found);
  }
  return target;
}

}  // namespace

void MaskConfig::fields(FieldVisitor& visit) {
  visit.field("labels", labels, {"auto", "value", "color", "masked_copy"});
  visit.field("ignore_values", ignore_values);
  visit.field("ignore_colors", ignore_colors);
  visit.field("color_tolerance", color_tolerance, between(0, 442));
  visit.field("mask_nodata", mask_nodata, {"ignore", "class"});
}

MaskReader::MaskReader(const MaskConfig& config, const LabelSpec& labels) : config_(config), labels_(labels) {
  if (labels_images(labels.task)) {
    throw ConfigError(
        "masks label pixels, and the task labels whole images; compute its labels from the masks with "
        "data.labels: {from: masks}, or use task multiclass or multilabel");
  }
  for (std::size_t i = 0; i < labels.classes.size(); ++i) {
    by_value_[labels.classes[i].value] = static_cast<std::uint8_t>(i);
    by_color_[parse_color(labels.classes[i].color)] = static_cast<std::uint8_t>(i);
  }
  for (const std::int64_t value : config.ignore_values) {
    if (!by_value_.emplace(value, kIgnored).second) {
      throw ConfigError("ignore_values: " + std::to_string(value) +
                        " is the value of a class, or comes twice");
    }
  }
  for (const std::string& color : config.ignore_colors) by_color_.emplace(parse_color(color), kIgnored);
  table_.assign(kTableSize, -1);
  for (const auto& [value, label] : by_value_) {
    const std::int64_t at = value - kTableFirst;
    if (at >= 0 && at < kTableSize) table_[static_cast<std::size_t>(at)] = label;
  }
}

bool MaskReader::by_color(const RasterInfo& mask) const {
  return config_.labels == "color" || (config_.labels == "auto" && mask.bands.size() >= 3);
}

void MaskReader::check(const RasterInfo& mask) const {
  const std::string bands = counted(static_cast<std::int64_t>(mask.bands.size()), "band");
  if (labels_.task == Task::kMultilabel) {
    if (mask.bands.size() == labels_.classes.size()) return;
    throw DataError(mask.path + ": has " + bands +
                    ", and a multilabel mask has one of 0 and 1 for each of the " +
                    counted(static_cast<std::int64_t>(labels_.classes.size()), "class", "classes"));
  }
  if (by_color(mask)) {
    const bool has_colors = mask.bands.size() >= 3 || !mask.palette.empty();
    if (has_colors && mask.type == torch::kUInt8) {
      // Classes are told apart by colour, so that their colours must differ.
      if (by_color_.size() >= labels_.classes.size() + config_.ignore_colors.size()) return;
      throw ConfigError(mask.path +
                        " labels pixels by colour, and two classes or ignored colours are the same");
    }
    throw DataError(
        mask.path + ": has " + bands + " of " + mask.type_name +
        " and no colours; a colour mask has 8-bit red, green and blue, or a palette. Set labels: value");
  }
  const std::optional<double> nodata = mask.bands[0].nodata;
  if (config_.mask_nodata != "ignore" || !nodata) return;
  for (const ClassInfo& each : labels_.classes) {
    if (static_cast<double>(each.value) != *nodata) continue;
    throw DataError(
        mask.path + ": declares " + shortest(*nodata) + " as nodata, and that is the value of class '" +
        each.name +
        "'; set mask_nodata: class when these pixels have the class, or give the class another value");
  }
}

torch::Tensor MaskReader::read(const RasterReader& mask, const Window& window) const {
  if (labels_.task == Task::kMultilabel) return read_labels(mask, window);
  return by_color(mask.info()) ? read_colors(mask, window) : read_values(mask, window);
}

torch::Tensor MaskReader::read_valid(const RasterReader& mask, const Window& window) const {
  if (config_.mask_nodata != "ignore") return {};
  const torch::Tensor valid = mask.read_valid(window);
  return valid.defined() ? valid.contiguous() : valid;
}

torch::Tensor MaskReader::read_values(const RasterReader& mask, const Window& window) const {
  const torch::Tensor pixels = mask.read(window, {1}).contiguous();
  const torch::Tensor valid = read_valid(mask, window);
  const auto label = [&](auto value) -> int {
    using T = decltype(value);
    if constexpr (std::is_floating_point_v<T>) {
      // 32-bit masks come as floats.
      if (std::isnan(value)) return static_cast<int>(kIgnore);
      if (value != std::floor(value) || std::abs(value) > T{1e9}) return -1;
      const auto found = by_value_.find(static_cast<std::int64_t>(value));
      return found == by_value_.end() ? -1 : found->second;
    } else {
      return table_[static_cast<std::size_t>(value - kTableFirst)];
    }
  };
  Unknown unknown;
  torch::Tensor target = visit_pixel_type(pixels.scalar_type(), [&]<class T>(T) {
    const T* const from = pixels.const_data_ptr<T>();
    return translate(
        window, valid, [&](std::int64_t i) { return label(from[i]); },
        [&](std::int64_t i) { return static_cast<double>(from[i]); }, unknown);
  });
  if (unknown.empty()) return target;
  std::vector<std::string> allowed;
  for (const ClassInfo& each : labels_.classes)
    allowed.push_back(std::to_string(each.value) + " (" + each.name + ")");
  for (const std::int64_t value : config_.ignore_values)
    allowed.push_back(std::to_string(value) + " (ignored)");
  throw_unknown(
      mask.info(), window, unknown, [](double value) { return "value " + shortest(value); },
      join_words(allowed) + ". Add a class with this value, or list it in ignore_values");
}

torch::Tensor MaskReader::read_colors(const RasterReader& mask, const Window& window) const {
  const RasterInfo& info = mask.info();
  const bool has_palette = info.bands.size() < 3;
  const torch::Tensor pixels =
      mask.read(window, has_palette ? std::vector<std::int64_t>{1} : std::vector<std::int64_t>{1, 2, 3})
          .contiguous();
  const auto* const red = pixels.const_data_ptr<std::uint8_t>();
  const auto color = [&](std::int64_t i) -> std::uint32_t {
    std::array<std::uint8_t, 4> c = {};
    if (!has_palette) {
      c = {red[i], red[i + window.area()], red[i + 2 * window.area()], 0};
    } else if (red[i] < info.palette.size()) {
      c = info.palette[red[i]];
    }
    return static_cast<std::uint32_t>(c[0] << 16 | c[1] << 8 | c[2]);
  };
  std::uint32_t last_color = ~0U;  // neighbours mostly have the same colour
  int last_label = -1;
  bool is_off_palette = false;
  std::int64_t off_palette = 0;
  std::unordered_map<std::uint32_t, int> nearest;  // of the window's colours off the palette
  const auto label = [&](std::int64_t i) {
    if (const std::uint32_t c = color(i); c != last_color) {
      const auto found = by_color_.find(c);
      last_color = c;
      is_off_palette = found == by_color_.end();
      if (!is_off_palette) {
        last_label = found->second;
      } else {
        const auto [seen, is_new] = nearest.try_emplace(c, -1);
        if (is_new) seen->second = nearest_label(c);
        last_label = seen->second;
      }
    }
    if (is_off_palette) ++off_palette;
    return last_label;
  };
  Unknown unknown;
  // Nodata values say nothing here: a red of 0 is a colour as any other. Alpha does.
  torch::Tensor target = translate(
      window, info.has_mask ? read_valid(mask, window) : torch::Tensor(), label,
      [&](std::int64_t i) { return static_cast<double>(color(i)); }, unknown);
  if (unknown.empty()) {
    count_colors(info.path, window.area(), off_palette);
    return target;
  }
  std::vector<std::string> allowed;
  for (const ClassInfo& each : labels_.classes) allowed.push_back(each.color + " (" + each.name + ")");
  for (const std::string& each : config_.ignore_colors) allowed.push_back(each + " (ignored)");
  throw_unknown(
      info, window, unknown,
      [](double value) { return "colour " + color_text(static_cast<std::uint32_t>(value)); },
      join_words(allowed) +
          ". Add a class with this colour, list it in ignore_colors, or raise color_tolerance");
}

// -1 when none is near enough.
int MaskReader::nearest_label(std::uint32_t color) const {
  double closest = config_.color_tolerance * config_.color_tolerance;
  int label = -1;
  std::uint32_t closest_color = ~0U;
  for (const auto& [known, of_known] : by_color_) {
    double distance = 0;
    for (const int shift : {16, 8, 0}) {
      const auto apart =
          static_cast<double>(color >> shift & 255) - static_cast<double>(known >> shift & 255);
      distance += apart * apart;
    }
    // Of two as near the smaller colour, whatever the map's order.
    if (distance > closest || (distance == closest && known > closest_color)) continue;
    closest = distance;
    closest_color = known;
    label = of_known;
  }
  return label;
}

void MaskReader::count_colors(const std::string& path, std::int64_t pixels, std::int64_t off_palette) const {
  const std::lock_guard lock(mutex_);
  color_pixels_ += pixels;
  off_palette_ += off_palette;
  if (off_palette > 0) off_palette_files_.insert(path);
}

std::vector<std::string> MaskReader::remarks() const {
  const std::lock_guard lock(mutex_);
  if (off_palette_ == 0) return {};
  std::vector<std::string> names;
  for (const std::string& path : off_palette_files_) {
    if (names.size() == kListedValues) break;
    names.push_back(std::filesystem::path(path).filename().string());
  }
  const auto files = static_cast<std::int64_t>(off_palette_files_.size());
  if (files > std::ssize(names)) names.push_back(with_thousands(files - std::ssize(names)) + " more");
  const double share = 100.0 * static_cast<double>(off_palette_) / static_cast<double>(color_pixels_);
  return {with_thousands(off_palette_) + " of the " + with_thousands(color_pixels_) + " mask pixels read (" +
          fixed(share, 4) + " %) have a colour that is no class's and took the nearest one's, at most " +
          shortest(config_.color_tolerance) + " away: " + join_words(names)};
}

torch::Tensor MaskReader::read_labels(const RasterReader& mask, const Window& window) const {
  const torch::Tensor pixels = mask.read(window).to(torch::kFloat32).contiguous();
  const torch::Tensor valid = read_valid(mask, window);
  const float* from = pixels.const_data_ptr<float>();
  Unknown unknown;
  std::vector<torch::Tensor> labels;
  for (std::int64_t band = 0; band < pixels.size(0); ++band, from += window.area()) {
    labels.push_back(translate(
        window, valid, [&](std::int64_t i) { return from[i] == 0   ? 0
                                                    : from[i] == 1 ? 1
                                                                   : -1; },
        [&](std::int64_t i) { return static_cast<double>(from[i]); }, unknown));
  }
  if (!unknown.empty()) {
    throw_unknown(
        mask.info(), window, unknown, [](double value) { return "value " + shortest(value); },
        "0 and 1 in each band of a multilabel mask");
  }
  return torch::stack(labels);
}

}  // namespace nadir
