// Numbers out of text.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace nadir {

// The number that the whole text is, written as C does whatever the user's locale; nothing where something
// else stands before or after it ('+' and spaces included) or Number cannot hold it. "nan" and "inf" are
// doubles.
template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace nadir
