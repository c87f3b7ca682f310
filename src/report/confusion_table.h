// The confusion matrix as a table of heat.
#pragma once

#include <string>
#include <vector>

#include "nadir/data.h"
#include "nadir/metrics.h"
#include "report/html.h"

namespace nadir::html {

// A row for each true class, a column for each predicted one; colour and percentage are shares of the row.
// `name`: whose predictions these are.
// `what` is counted: "pixel", "image".
Markup confusion_table(const ConfusionMatrix& matrix, const std::vector<ClassInfo>& classes,
                       const std::string& name, const std::string& what = "pixel");

// Of images that have any number of classes: for each class, whether it is there against whether it was
// found.
Markup label_confusions(const LabelCounts& labels, const std::vector<ClassInfo>& classes,
                        const std::string& name);

}  // namespace nadir::html
