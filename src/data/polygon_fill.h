// Polygons of annotation tools to pixels.
#pragma once

#include <torch/types.h>

#include <vector>

namespace nadir {

struct PolygonPoint {
  double x = 0, y = 0;  // columns and rows; (0, 0) is the first pixel's upper left corner
};

// Sets the pixels of `mask` ([H, W] uint8) whose centres (column + 0.5, row + 0.5) lie inside the ring to
// `value`. Inside is by the even-odd rule, so that a ring that crosses itself leaves holes; a centre on an
// edge belongs to the polygon on the edge's right or lower side, so that polygons that share an edge share no
// pixel. The ring closes itself; what lies outside the image is cut off.
void fill_polygon(const std::vector<PolygonPoint>& ring, std::uint8_t value, torch::Tensor& mask);

// "" for a ring that can be filled, else what is wrong with it: fewer than three points, a number that is not
// finite, no area.
std::string ring_fault(const std::vector<PolygonPoint>& ring);

}  // namespace nadir
