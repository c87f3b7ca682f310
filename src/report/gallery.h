// Pictures side by side.
#pragma once

#include <string>
#include <vector>

#include "nadir/report.h"
#include "report/html.h"

namespace nadir::html {

// A row of pictures with captions; nothing without pictures. `number` tells galleries of one page apart.
// A picture that is clicked fills the window.
Markup gallery(const std::string& title, const std::vector<ReportImage>& images, std::size_t number);

}  // namespace nadir::html
