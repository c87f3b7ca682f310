// What sweep and compare share: finished runs side by side in one page.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "nadir/nadir.h"

namespace nadir {

struct RunOfMany {
  std::string name;  // what tells it from the others
  RunFolder folder{""};
  std::string failure;  // why there is nothing to show; "": there is
};
struct ComparisonText {
  std::string title, summary;
};
// A table (parameters, time, speed, scores, the best marked), curves, and the same samples through every
// model.
void write_comparison(const std::vector<RunOfMany>& runs, const ComparisonText& text,
                      const std::filesystem::path& file, ProgressObserver& observer);
// The table for the terminal.
std::string comparison_text(const std::vector<RunOfMany>& runs);

}  // namespace nadir
