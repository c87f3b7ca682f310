// Parts as lists of scenes.
#pragma once

#include <string>
#include <vector>

#include "nadir/data.h"

namespace nadir {

// Whether an entry of a list is a file with one scene on each line.
inline bool is_list_file(const std::string& entry) { return entry.ends_with(".txt"); }

// The scenes that train_list, val_list and test_list name by id, with or without its suffix. Throws
// ConfigError for a name that is no scene's or several scenes', and for a scene that is listed twice.
Split split_by_list(const std::vector<Scene>& scenes, const SplitConfig& config);

}  // namespace nadir
