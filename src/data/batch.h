// Samples to one batch.
#pragma once

#include "nadir/data.h"

namespace nadir {

// Copies the samples into fresh tensors, in page-locked memory when `pin`. Where only some samples have a
// valid mask, the others' pixels are all valid. Throws DataError when shapes or types differ.
Batch make_batch(const std::vector<Sample>& samples, bool pin);

}  // namespace nadir
