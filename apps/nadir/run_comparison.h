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
struct ComparisonOptions {
  std::string title, summary;
  // Which part's scores: train, val or test, scored anew with the best weights; "": those that training kept,
  // of the validation part where every run has one.
  std::string part = {};
};
// A page with a table (parameters, time, speed, scores, the best marked), curves, and the same samples of
// that part through every model. Returns the table for the terminal.
std::string write_comparison(const std::vector<RunOfMany>& runs, const ComparisonOptions& options,
                             const std::filesystem::path& file, ProgressObserver& observer);

}  // namespace nadir
