// "green=2 swir1=5": which band of a raster is what.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace nadir {

// Numbers from 1 by role. Throws ConfigError for what is not written so.
std::map<std::string, std::int64_t> parse_band_roles(const std::vector<std::string>& assignments);

}  // namespace nadir
