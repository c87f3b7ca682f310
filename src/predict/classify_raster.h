// A raster through a network that labels whole images: a map of one pixel for each tile.
#pragma once

#include "nadir/predict.h"

namespace nadir {

// Tiles of config.tile pixels lie side by side from the upper left corner of what is mapped; those at the
// right and lower border are mirrored up to the tile's size. The map has its CRS and corner, and pixels of
// the tile's size; tiles without a valid pixel are nodata. Throws as predict_raster; ConfigError for an
// overlay, which would have to be drawn on another grid.
PredictSummary classify_raster(const LoadedModel& model, const PredictInput& input,
                               const PredictOutputs& outputs, const PredictConfig& config,
                               ProgressObserver& observer);

}  // namespace nadir
