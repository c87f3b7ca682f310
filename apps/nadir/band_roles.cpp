#include "band_roles.h"

#include "core/parse_number.h"
#include "nadir/error.h"

namespace nadir {

std::map<std::string, std::int64_t> parse_band_roles(const std::vector<std::string>& assignments) {
  std::map<std::string, std::int64_t> roles;
  for (const std::string& each : assignments) {
    const std::size_t equals = each.find('=');
    const auto band = parse_number<std::int64_t>(equals == std::string::npos ? "" : each.substr(equals + 1));
    if (!band || *band < 1) {
      throw ConfigError("--bands " + each + ": expected role=number, for example green=2");
    }
    roles[each.substr(0, equals)] = *band;
  }
  return roles;
}

}  // namespace nadir
