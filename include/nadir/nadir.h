// Start here: the whole public API of nadir, in the order in which one meets it.
//
//   error.h       what is thrown
//   config.h      YAML in, plain structs out; registries of parts
//   runtime.h     device, random streams, progress, stopping, atomic files
//   window.h      rectangles of pixels
//   raster.h      GeoTIFFs and other rasters (only with NADIR_RASTER)
//   data.h        samples, sources, splits, samplers, loader, normalisation
//   model.h       networks by name
//   loss.h        losses by name
//   metrics.h     confusion matrix and scores
//   model_file.h  weights with their model card
//   train.h       a recipe in, a run folder out
//   predict.h     a network over rasters of any size
//   generate.h    satellite images from text and metadata
//   report.h      self-contained HTML
#pragma once

#include "nadir/config.h"
#include "nadir/data.h"
#include "nadir/error.h"
#include "nadir/generate.h"
#include "nadir/loss.h"
#include "nadir/metrics.h"
#include "nadir/model.h"
#include "nadir/model_file.h"
#include "nadir/predict.h"
#include "nadir/report.h"
#include "nadir/runtime.h"
#include "nadir/train.h"
#include "nadir/window.h"
#ifdef NADIR_RASTER
#include "nadir/raster.h"
#endif

namespace nadir {

// "0.1.0"
const char* version();

}  // namespace nadir
