#include "core/parse_bytes.h"

#include <cctype>
#include <charconv>
#include <cmath>
#include <string>

namespace nadir {
namespace {

// "gib" -> 1024^3; nothing for what is no unit.
std::optional<double> unit_of(const std::string& name) {
  if (name.empty() || name == "b") return 1.0;
  const std::size_t power = std::string_view("kmgt").find(name.front());
  if (power == std::string_view::npos) return {};
  const std::string rest = name.substr(1);
  if (rest != "" && rest != "ib" && rest != "b") return {};
  return std::pow(rest == "b" ? 1000.0 : 1024.0, static_cast<double>(power + 1));
}

}  // namespace

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc()) return {};
  std::string_view rest(stop, static_cast<std::size_t>(end - stop));
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  std::string name(rest);
  for (char& each : name) each = static_cast<char>(std::tolower(static_cast<unsigned char>(each)));
  const double bytes = number * unit_of(name).value_or(0);
  if (!(bytes >= 1 && bytes <= 9e18)) return {};
  return static_cast<std::int64_t>(bytes);
}

}  // namespace nadir
