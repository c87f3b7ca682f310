// nadir predict of a classifier: a table with a row for each image.
#pragma once

#include <filesystem>
#include <vector>

#include "nadir/predict.h"

namespace nadir {

// Columns: image, class (of several labels those of 1/2 and more, with ; between them), probability_NAME of
// each class, patches (that the probabilities are the mean of), error. An image that cannot be read has its
// error in place of the rest, and when all are done they are thrown as one DataError. The file appears when
// it is whole. Prints how many images each class has, or with `json` a line for each image.
void write_image_classes(const LoadedModel& model, const PredictConfig& config,
                         const std::vector<PredictInput>& inputs, const std::filesystem::path& file,
                         bool json, ProgressObserver& observer);

}  // namespace nadir
