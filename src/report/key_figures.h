// The scores that a reader looks for first, as large numbers beside the other rows' own.
#pragma once

#include <vector>

#include "nadir/data.h"
#include "report/html.h"
#include "report/score_tables.h"

namespace nadir::html {

// Mean IoU, pixel accuracy, and the IoU of each class where there are at most kMostClasses; of whole images
// macro F1, accuracy and, of several classes, F1.
constexpr std::size_t kMostClasses = 6;
Markup key_figures(const std::vector<ScoredRow>& rows, const std::vector<ClassInfo>& classes);

}  // namespace nadir::html
