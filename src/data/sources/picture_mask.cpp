#include "data/sources/picture_mask.h"

#include "core/text.h"
#include "pictures/resample.h"

namespace nadir {
namespace {

constexpr std::size_t kMostListed = 8;  // unknown values in a message, at most

std::string size_text(std::int64_t height, std::int64_t width) {
  return std::to_string(height) + " x " + std::to_string(width) + " pixels";
}

// Calls take(i, key) for every pixel, in order.
template <class T, class Take>
void each_key(const Picture& picture, bool by_color, const Take& take) {
  const T* pixel = picture.pixels.const_data_ptr<T>();
  const std::int64_t channels = picture.info.channels, count = picture.info.height * picture.info.width;
  for (std::int64_t i = 0; i < count; ++i, pixel += channels) {
    if (!by_color) {
      take(i, static_cast<std::int64_t>(pixel[0]));
    } else if (channels >= 3) {
      take(i, std::int64_t{pixel[0]} << 16 | std::int64_t{pixel[1]} << 8 | std::int64_t{pixel[2]});
    } else {
      take(i, std::int64_t{pixel[0]} * 0x010101);
    }
  }
}

}  // namespace

void PictureMaskConfig::fields(FieldVisitor& visit) {
  visit.field("labels", labels, {"auto", "value", "color"});
  visit.field("ignore_values", ignore_values);
  visit.field("ignore_colors", ignore_colors);
}

std::uint32_t parse_rgb(const std::string& field, const std::string& text) {
  const bool is_color = text.size() == 7 && text[0] == '#' &&
                        text.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string::npos;
  if (!is_color) throw ConfigError(field + ": '" + text + "' is not of the form \"#rrggbb\"");
  return static_cast<std::uint32_t>(std::stoul(text.substr(1), nullptr, 16));
}

std::string rgb_text(std::uint32_t color) {
  static constexpr const char* kHex = "0123456789abcdef";
  std::string text = "#";
  for (int shift = 20; shift >= 0; shift -= 4) text += kHex[color >> shift & 15];
  return text;
}

PictureMask::Table PictureMask::table_of(const PictureMaskConfig& config, const LabelSpec& labels) {
  if (labels.task != Task::kMulticlass)
    throw ConfigError("masks of one value or colour a pixel are for task multiclass");
  Table table;
  table.labels = config.labels;
  for (std::size_t k = 0; k < labels.classes.size(); ++k) {
    const auto label = static_cast<std::uint8_t>(k);
    table.by_value.emplace(labels.classes[k].value, label);
    table.by_color.emplace(parse_rgb("classes", labels.classes[k].color), label);
  }
  for (const std::int64_t value : config.ignore_values) {
    if (!table.by_value.emplace(value, kIgnore).second) {
      throw ConfigError("ignore_values: " + std::to_string(value) +
                        " is the value of a class, or comes twice");
    }
  }
  for (const std::string& color : config.ignore_colors) {
    if (!table.by_color.emplace(parse_rgb("ignore_colors", color), kIgnore).second) {
      throw ConfigError("ignore_colors: " + color + " is the colour of a class, or comes twice");
    }
  }
  return table;
}

torch::Tensor PictureMask::translate(const Picture& picture) const {
  const bool by_color = table_.labels == "color" || (table_.labels == "auto" && (picture.info.channels >= 3));
  // A short list of what was seen last saves looking at the table for almost every pixel.
  torch::Tensor target = torch::empty({picture.info.height, picture.info.width}, torch::kUInt8);
  auto* const to = target.mutable_data_ptr<std::uint8_t>();
  std::map<std::int64_t, std::int64_t> unknown;  // pixels by value or colour
  std::int64_t last = -1;
  std::uint8_t label = 0;
  bool known = false;
  const auto take = [&](std::int64_t i, std::int64_t key) {
    if (key != last) {
      last = key;
      if (by_color) {
        const auto found = table_.by_color.find(static_cast<std::uint32_t>(key));
        known = found != table_.by_color.end();
        label = known ? found->second : std::uint8_t{0};
      } else {
        const auto found = table_.by_value.find(key);
        known = found != table_.by_value.end();
        label = known ? found->second : std::uint8_t{0};
      }
    }
    if (!known) ++unknown[key];
    to[i] = label;
  };
  if (picture.info.type == torch::kUInt8) {
    each_key<std::uint8_t>(picture, by_color, take);
  } else {
    each_key<std::uint16_t>(picture, by_color, take);
  }
  if (unknown.empty()) return target;
  std::vector<std::string> words;
  for (const auto& [key, count] : unknown) {
    if (words.size() == kMostListed) break;
    const std::string what =
        by_color ? "colour " + rgb_text(static_cast<std::uint32_t>(key)) : "value " + std::to_string(key);
    words.push_back(what + " (" + counted(count, "pixel") + ")");
  }
  if (unknown.size() > kMostListed)
    words.push_back(with_thousands(static_cast<std::int64_t>(unknown.size() - kMostListed)) + " more");
  throw DataError(picture.info.path + ": no class has " + join_words(words) + ". " + table_.advice);
}

torch::Tensor PictureMask::read(const std::string& file, const PictureInfo& image,
                                const PictureSize& size) const {
  Picture picture = read_picture(file);
  const bool indices_to_colors = table_.labels == "color" && !picture.info.palette.empty();
  if (indices_to_colors) picture = read_picture(file, {.color = PictureColor::kRgb});
  if (picture.info.height != image.height || picture.info.width != image.width) {
    throw DataError(file + ": the mask has " + size_text(picture.info.height, picture.info.width) +
                    ", and its image " + size_text(image.height, image.width));
  }
  return resize_nearest(translate(picture), size.height, size.width);
}

}  // namespace nadir
