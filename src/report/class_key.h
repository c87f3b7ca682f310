// Classes as a page shows them: a square of the class's colour and its name.
#pragma once

#include <vector>

#include "nadir/data.h"
#include "report/html.h"

namespace nadir::html {

// "#rrggbb": the class's own where it is one, else one of a palette.
std::string class_color(const ClassInfo& info, std::size_t index);
Markup class_swatch(const ClassInfo& info, std::size_t index);
// The square and the name.
Markup class_label(const ClassInfo& info, std::size_t index);
// All classes in a row.
Markup class_key(const std::vector<ClassInfo>& classes);

}  // namespace nadir::html
