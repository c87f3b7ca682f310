// How much of an image an index finds: a score of what images show.
#pragma once

#include "nadir/raster.h"

namespace nadir {

// Share of a raster's pixels with a value whose index is above the threshold, which must be given. Throws
// ConfigError (unknown index, a role without a band), DataError (no such pixel).
double index_share(const std::string& image, const IndexMaskOptions& options,
                   ProgressObserver& observer = silent_observer());

}  // namespace nadir
