#include "report/number_text.h"

#include <algorithm>
#include <cmath>

#include "core/text.h"

namespace nadir::html {
namespace {

constexpr const char* kEnDash = "\u2013";
constexpr const char* kMinus = "\u2212";

}  // namespace

std::string score_text(double value, int digits) {
  if (!std::isfinite(value)) return kEnDash;
  const std::string magnitude = fixed(std::abs(value), digits);
  const bool zero = magnitude.find_first_not_of("0.") == std::string::npos;
  return value < 0 && !zero ? kMinus + magnitude : magnitude;
}

std::string percent_text(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return kEnDash;
  return fixed(100 * static_cast<double>(part) / static_cast<double>(whole), 1) + "\u00A0%";
}

Markup score_markup(double value, int digits) {
  const Markup shown = text(score_text(value, digits));
  return std::isfinite(value) ? shown : element("abbr", {{"title", "not defined"}}, shown);
}

std::string width_style(double share) { return "width:" + fixed(100 * std::clamp(share, 0.0, 1.0), 1) + "%"; }

Markup bar(double share) {
  if (!std::isfinite(share)) return {};
  return element("span", {{"class", "bar"}, {"aria-hidden", "true"}},
                 element("span", {{"style", width_style(share)}}));
}

}  // namespace nadir::html
