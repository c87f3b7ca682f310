#include "core/parse_number.h"
#include "nadir/generate.h"

#include <chrono>

#include "core/text.h"
#include "nadir/error.h"

namespace nadir {
namespace {

void check_range(const std::string& name, double value, double low, double high) {
  if (value >= low && value <= high) return;
  throw ConfigError(name + ": " + shortest(value) + " is out of " + shortest(low) + " to " + shortest(high));
}

int number(const std::string& text, const std::string& date) {
  if (const auto value = parse_number<int>(text)) return *value;
  throw ConfigError("date '" + date + "' is not written as 2020-02-27");
}

}  // namespace

void check(const ImageMetadata& metadata) {
  check_range("longitude", metadata.longitude, -180, 180);
  check_range("latitude", metadata.latitude, -90, 90);
  check_range("ground sample distance", metadata.gsd, 1e-3, 1e5);
  check_range("cloud cover", metadata.cloud_cover, 0, 1);
  check_range("year", metadata.year, 1980, 2100);
  const std::chrono::year_month_day date{std::chrono::year(metadata.year),
                                         std::chrono::month(static_cast<unsigned>(metadata.month)),
                                         std::chrono::day(static_cast<unsigned>(metadata.day))};
  if (!date.ok()) {
    throw ConfigError("there is no date " + std::to_string(metadata.year) + "-" +
                      std::to_string(metadata.month) + "-" + std::to_string(metadata.day));
  }
}

void set_date(ImageMetadata& metadata, const std::string& date) {
  if (date.size() != 10 || date[4] != '-' || date[7] != '-') {
    throw ConfigError("date '" + date + "' is not written as 2020-02-27");
  }
  metadata.year = number(date.substr(0, 4), date);
  metadata.month = number(date.substr(5, 2), date);
  metadata.day = number(date.substr(8, 2), date);
  check(metadata);
}

std::array<double, 7> normalise(const ImageMetadata& metadata, bool raw) {
  const double east = metadata.longitude + (raw ? 0 : 180), north = metadata.latitude + (raw ? 0 : 90);
  const double years = metadata.year - (raw ? 0 : 1980);
  return {east / 360 * 1000,           north / 180 * 1000,           metadata.gsd * 1000,
          metadata.cloud_cover * 1000, years / (2100 - 1980) * 1000, metadata.month / 12.0 * 1000,
          metadata.day / 31.0 * 1000};
}

void drop_metadata(std::array<double, 7>& numbers, RandomStream& stream, double share) {
  for (double& each : numbers) {
    if (stream.chance(share)) each = 0;
  }
}

bool KnownMetadata::any() const {
  return longitude || latitude || gsd || cloud_cover || year || month || day;
}

ImageMetadata KnownMetadata::whole() const {
  std::vector<std::string> missing;
  for (const auto& [name, known] :
       std::initializer_list<std::pair<const char*, bool>>{{"longitude", longitude.has_value()},
                                                           {"latitude", latitude.has_value()},
                                                           {"ground sample distance", gsd.has_value()},
                                                           {"year", year.has_value()},
                                                           {"month", month.has_value()},
                                                           {"day", day.has_value()}}) {
    if (!known) missing.emplace_back(name);
  }
  if (!missing.empty()) {
    throw ConfigError("this U-Net wants metadata, and these are not given: " + join_words(missing) +
                      " (--lon, --lat, --gsd, --date, or columns of a list; --cloud is 0 if left out)");
  }
  const ImageMetadata metadata{.longitude = *longitude,
                               .latitude = *latitude,
                               .gsd = *gsd,
                               .cloud_cover = cloud_cover.value_or(0),
                               .year = *year,
                               .month = *month,
                               .day = *day};
  check(metadata);
  return metadata;
}

}  // namespace nadir
