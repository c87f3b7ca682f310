// Windows side by side over every region of the part: for validation, test and statistics.
#pragma once

#include "nadir/data.h"

namespace nadir {

struct GridConfig {
  std::int64_t size = 128;             // side of a window, pixels
  std::optional<std::int64_t> stride;  // from one window to the next, at most size; default: size, no overlap
  void fields(FieldVisitor& visit);
  void validate() const;
};

// Every pixel of the part lies in a window, in exactly one when stride == size. Windows at the right and
// lower border of a region are smaller.
std::unique_ptr<Sampler> make_grid(const GridConfig& config, const SamplerContext& context);

}  // namespace nadir
