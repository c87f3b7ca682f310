// Which files make up a source: patterns to files, images to masks, files to scene names.
#pragma once

#include <string>
#include <vector>

namespace nadir {

// Whether `text` has wildcards (*, ?, []) and names no file itself.
bool is_pattern(const std::string& text);

// The files that `entries` name: patterns in the order of their matches' paths (byte order, whatever the
// locale), other entries as they are. `what` names the setting in messages. Throws DataError for a pattern
// without a match and for a file that comes twice.
std::vector<std::string> find_files(const std::vector<std::string>& entries, const std::string& what);

// The mask of each image. Both in order, so many masks as images; where `by_name`, an image and a mask whose
// names agree (apart from what all images and all masks begin and end with) must not be left alone by others'
// absence. Throws DataError that lists what is unpaired.
void check_pairs(const std::vector<std::string>& images, const std::vector<std::string>& masks, bool by_name);

// File names; where several are the same, as much of the path before them as it takes.
std::vector<std::string> scene_ids(const std::vector<std::string>& paths);

}  // namespace nadir
