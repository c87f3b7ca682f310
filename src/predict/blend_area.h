// Tiles read, run and blended, for those who take the pixels piece by piece.
#pragma once

#include "nadir/predict.h"
#include "predict/blend_sink.h"
#include "predict/task_thread.h"
#include "predict/tile_scores.h"

namespace nadir {

// As predict_area. Pieces come while they are in the processor's cache: taking them costs no trip to memory.
// reading: where the source is read. Several areas share one: glibc keeps memory that is freed for the thread
// that took it, so that each new thread would take as much again.
TileCounts blend_area(const PixelSource& source, const Window& area, std::int64_t classes,
                      const ScoreFunction& network, const PredictConfig& config, BlendSink& sink,
                      ProgressObserver& observer, TaskThread& reading);

}  // namespace nadir
