// Small pieces of messages and listings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nadir {

// "a, b and c"; "" for none.
std::string join_words(const std::vector<std::string>& words);
// "7,763,272"
std::string with_thousands(std::int64_t number);
// A number with `digits` decimals, in the C locale whatever the user's.
std::string fixed(double value, int digits);
// The shortest text that reads back to the same double; "nan", "inf", "-inf".
std::string shortest(double value);
// "1.5 GiB"
std::string human_bytes(std::int64_t bytes);
// "1 h 02 min", "3 min 05 s", "12 s"
std::string human_seconds(double seconds);
// "1 pixel", "2 pixels"
std::string counted(std::int64_t count, std::string_view singular, std::string_view plural = "");

}  // namespace nadir
