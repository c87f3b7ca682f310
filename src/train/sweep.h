// Which runs a sweep makes of one recipe.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "nadir/train.h"

namespace nadir {

// One setting and the values that it takes: "model=unet,enet" or "loss.beta=0:1:0.2" (from, to, step; the end
// belongs to it).
struct SweepAxis {
  std::string key;
  std::vector<std::string> values;
};
// Throws ConfigError for text of another form.
SweepAxis parse_axis(const std::string& text);

struct SweepRun {
  std::string name;                    // of its folder: "model=unet,beta=0.2"
  std::vector<std::string> overrides;  // for read_recipe
};
// Every combination, the last axis changing fastest. A key may leave out the part's own name where one part
// alone has such a setting: "loss.beta" is loss.study002.ce_dice.beta. Throws ConfigError for two runs that
// are the same.
std::vector<SweepRun> sweep_runs(const Recipe& recipe, const std::vector<SweepAxis>& axes);

// Whether the folder's run came to its end (its epochs, or an early stop).
bool run_finished(const RunFolder& run);
bool run_begun(const RunFolder& run);

}  // namespace nadir
