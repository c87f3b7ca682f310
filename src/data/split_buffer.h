// Pixels left out between the parts of a split.
#pragma once

#include <vector>

#include "nadir/data.h"

namespace nadir {

// The split without those pixels of validation that lie within `buffer` pixels of the test part, and those of
// training within as many of either: the test part stays whole. Distances are along rows and columns, in the
// scene itself and, where scenes lie on the ground in one CRS and unrotated, between scenes that touch or
// overlap, in pixels of the scene that gives way.
Split leave_out_between_parts(const Split& split, const std::vector<Scene>& scenes, std::int64_t buffer);

// The rectangles that cover `windows` without the pixels of `cut`.
std::vector<Window> subtract(const std::vector<Window>& windows, const Window& cut);

}  // namespace nadir
