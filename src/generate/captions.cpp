#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "nadir/generate.h"

namespace nadir {
namespace {

constexpr double kDropped = 0.1, kSatlasDropped = 0.5;

std::string with_blanks(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::string keep(const std::string& part, RandomStream* drop, double share) {
  return drop && drop->chance(share) ? std::string() : part;
}

// As Python prints round(value, 3).
std::string three_decimals(double value) {
  std::string text = shortest(std::nearbyint(value * 1000) / 1000);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

std::string listed(const std::vector<SatlasObjects>& objects, const std::string& corner) {
  std::string text;
  for (const SatlasObjects& each : objects) {
    if (each.corner != corner) continue;
    text +=
        ", " + std::to_string(each.count) + " " + with_blanks(each.category) + (each.count > 1 ? "s" : "");
  }
  return text.empty() || corner.empty() ? text : text + " in the " + corner;
}

}  // namespace

std::string fmow_caption(const std::string& category, const std::string& country, RandomStream* drop) {
  std::string text = "a" + keep(" fmow", drop, kDropped) + " satellite image";
  if (!category.empty()) text += keep(" of a " + with_blanks(category), drop, kDropped);
  if (!country.empty()) text += keep(" in " + country, drop, kDropped);
  return text;
}

std::string spacenet_caption(const SpacenetObjects& objects, const std::string& city, RandomStream* drop) {
  std::string items;
  if (objects.road_metres) {
    items = *objects.road_metres > 0 ? "roads of length " + three_decimals(*objects.road_metres) + " meters"
                                     : "no roads";
  } else if (objects.buildings > 0) {
    items = std::to_string(objects.buildings) + " buildings";
    if (objects.square_metres > 0) {
      items += " covering an area of " + three_decimals(objects.square_metres) + " squared meters";
    }
  }
  std::string text = "a" + keep(" spacenet", drop, kDropped) + " satellite image";
  if (!items.empty()) text += keep(" of " + items, drop, kDropped);
  if (!city.empty()) text += keep(" in " + city, drop, kDropped);
  return text;
}

std::string satlas_caption(const std::vector<SatlasObjects>& objects, RandomStream* drop) {
  std::string items;
  for (const char* corner : {"", "top left", "top right", "bottom right", "bottom left"}) {
    items += listed(objects, corner);
  }
  if (items.empty())
    throw ConfigError("a satlas caption needs objects, in corners of the picture or anywhere");
  return "a" + keep(" satlas", drop, kSatlasDropped) + " satellite image of " + items.substr(2);
}

}  // namespace nadir
