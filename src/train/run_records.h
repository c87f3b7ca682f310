// Epoch records in the run folder's files and in checkpoints.
#pragma once

#include <string>
#include <vector>

#include "nadir/train.h"

namespace nadir {

std::string epoch_to_json(const EpochRecord& record);  // one line
EpochRecord epoch_from_json(const std::string& line);  // throws nlohmann::json::exception
// metrics.csv and metrics.jsonl, whole, so that they always agree with the checkpoint.
void write_epochs(const RunFolder& run, const std::vector<EpochRecord>& epochs);

}  // namespace nadir
