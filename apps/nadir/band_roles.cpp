#include "band_roles.h"

#include <charconv>

#include "nadir/error.h"

namespace nadir {

std::map<std::string, std::int64_t> parse_band_roles(const std::vector<std::string>& assignments) {
  std::map<std::string, std::int64_t> roles;
  for (const std::string& each : assignments) {
    const std::size_t equals = each.find('=');
    std::int64_t band = 0;
    const char* const end = each.data() + each.size();
    if (equals == std::string::npos || std::from_chars(each.data() + equals + 1, end, band).ptr != end ||
        band < 1) {
      throw ConfigError("--bands " + each + ": expected role=number, for example green=2");
    }
    roles[each.substr(0, equals)] = band;
  }
  return roles;
}

}  // namespace nadir
