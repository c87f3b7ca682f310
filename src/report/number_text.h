// Numbers as a page shows them, the same in every locale.
#pragma once

#include <cstdint>
#include <string>

#include "report/html.h"

namespace nadir::html {

// "0.8734", with a minus sign proper; an en dash for a value that is not finite.
std::string score_text(double value, int digits = 4);
// "12.3 %"; an en dash when `whole` is 0.
std::string percent_text(std::int64_t part, std::int64_t whole);
// The text of a score, marked up so that its en dash says what it means.
Markup score_markup(double value, int digits = 4);
// A bar of `share` (0..1) of its cell's width; none for a value that is not finite.
Markup bar(double share);
// "width:12.5%"
std::string width_style(double share);

}  // namespace nadir::html
