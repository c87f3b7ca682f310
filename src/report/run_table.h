// A table of runs: one row each, the best of each column marked.
#pragma once

#include "nadir/report.h"
#include "report/html.h"

namespace nadir::html {

// Nothing without rows. Cells that print alike are equally good. Throws std::logic_error for a row with more
// cells than columns.
Markup run_table(const ReportTable& table);

}  // namespace nadir::html
