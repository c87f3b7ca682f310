// A spectral index of a raster, a band of rows at a time.
#pragma once

#include <functional>

#include "nadir/raster.h"

namespace nadir {

// The bands of an index, in its formula's order. roles: as IndexMaskOptions::bands. Throws ConfigError for
// one that is missing.
std::vector<std::int64_t> index_bands(const SpectralIndex& index,
                                      const std::map<std::string, std::int64_t>& roles);

// Calls `visit(window, index values [h, W] float32 with NaN where invalid)` for bands of rows from the top.
// Throws Interrupted when the user stops.
void for_each_index_rows(const RasterReader& reader, const SpectralIndex& index,
                         const std::vector<std::int64_t>& bands, const std::string& stage,
                         ProgressObserver& observer,
                         const std::function<void(const Window&, const at::Tensor&)>& visit);

}  // namespace nadir
