// A loss that is not a number: the end of a run, with all that helps to find out why.
#pragma once

#include "nadir/data.h"
#include "train/callback.h"

namespace nadir {

// Does nothing for a finite loss. Otherwise writes the batch, the network's logits and what is known of the
// step to evidence/step-N.safetensors, and throws an Error with step, learning rate, samples and that file.
// batch: as the loader gave it.
void refuse_bad_loss(const TrainingRun& run, double loss, double lr, const Batch& batch,
                     const torch::Tensor& logits);

}  // namespace nadir
