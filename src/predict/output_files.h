// The files that a prediction makes, and those that it keeps while it works.
#pragma once

#include <filesystem>

#include "nadir/predict.h"

namespace nadir {

// Beside the first output. Throws ConfigError when no output is asked for.
std::filesystem::path work_folder(const PredictOutputs& outputs);
// Removes the folder. Whenever the process is killed, it is whole under its name or not there.
void discard_work(const std::filesystem::path& folder);
// Removes what runs that were killed left beside the outputs: temporary files and folders of processes that
// are no more.
void remove_abandoned(const PredictOutputs& outputs);

}  // namespace nadir
