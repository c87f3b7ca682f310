// The look of a report.
#pragma once

#include <string_view>

namespace nadir::html {

// One style sheet: light and dark, screen and paper, wide and narrow. It refers to nothing outside itself.
std::string_view style_sheet();

}  // namespace nadir::html
