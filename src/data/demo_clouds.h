// A made set in the layout of Kaggle's understanding_cloud_organization, for trying recipes without the set.
#pragma once

#include <cstdint>
#include <filesystem>

#include "nadir/runtime.h"

namespace nadir {

struct DemoCloudsConfig {
  std::int64_t images = 40;                  // with rows in train.csv; every tenth has no cloud
  std::int64_t test_images = 10;             // in test_images/, listed in sample_submission.csv
  std::int64_t height = 1400, width = 2100;  // pixels, the publisher's
  std::uint64_t seed = 0;
};

// Writes train.csv, train_images/, test_images/ and sample_submission.csv into `folder`. Each class is a
// texture of its own inside one or two ellipses over a dark sea: Fish bands, Flower large blobs, Gravel
// clods, Sugar grains. Throws DataError when the folder cannot be written.
void write_demo_clouds(const std::filesystem::path& folder, const DemoCloudsConfig& config,
                       ProgressObserver& observer = silent_observer());

}  // namespace nadir
