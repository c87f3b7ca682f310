// Competition files of run lengths from a trained multilabel network (Kaggle's
// understanding_cloud_organization).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "nadir/model_file.h"
#include "nadir/train.h"

namespace nadir {

// What turns probabilities into masks at the size that is scored.
struct SubmissionRule {
  std::int64_t height = 350, width = 525;  // of the masks; where the competition scores
  std::vector<double> threshold;           // of each class: pixels above it are set
  std::vector<std::int64_t>
      min_size;              // of each class: connected areas (8 neighbours) with fewer pixels are not
  std::vector<double> dice;  // of each class on the part it was tuned on: what the competition
                             // scores, 1 where truth and prediction are both empty
};
std::string rule_to_json(const SubmissionRule& rule, const std::vector<ClassInfo>& classes);
// Throws DataError for text that is no such rule, or one for other classes.
SubmissionRule rule_from_json(const std::string& text, const std::string& name,
                              const std::vector<ClassInfo>& classes);

// The threshold and least size of each class, among fixed ones, with the best mean Dice on the run's
// validation part (on its training part where there is none). Throws ConfigError unless the recipe's source
// is kaggle_clouds.
SubmissionRule tune_submission(const Recipe& recipe, const LoadedModel& model,
                               const std::filesystem::path& stored_split,
                               ProgressObserver& observer = silent_observer());

// The rows Image_Label,EncodedPixels of all pictures of a folder: pictures by name, classes in the recipe's
// order.
struct Submission {
  std::string csv;
  std::int64_t images = 0;
  std::int64_t masks = 0;  // that are not empty
};
Submission make_submission(const Recipe& recipe, const LoadedModel& model, const SubmissionRule& rule,
                           const std::string& images, ProgressObserver& observer = silent_observer());

// Areas of a mask with their pixels, for tests: sizes in the order of their first pixels, row by row.
struct MaskAreas {
  torch::Tensor labels;             // [H, W] int32; 0 none, else the area's number from 1
  std::vector<std::int64_t> sizes;  // by number - 1
};
MaskAreas find_areas(const torch::Tensor& mask);  // [H, W] uint8 or bool; 8 neighbours

}  // namespace nadir
