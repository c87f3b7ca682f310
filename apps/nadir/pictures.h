// The pictures of a report.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "nadir/nadir.h"
#include "pictures/rendering.h"
#include "run_report.h"

namespace nadir {

// A sample for a contact sheet: image, the mask over it, and below them its name (and, of whole images, its
// classes).
torch::Tensor sample_picture(const Sample& sample, const std::vector<ClassInfo>& classes);
// A sample as a vision transformer sees it: cut into patches of `side` pixels, with gaps between them, and
// its name. Throws ConfigError when its sides are not multiples of that.
torch::Tensor patches_picture(const Sample& sample, std::int64_t side);
// "beach", "sea and beach", "none"
std::string label_text(const torch::Tensor& target, const std::vector<ClassInfo>& classes);
// What a network finds in a whole image, from its probabilities [K]: "beach (87.2 %)"; of several labels all
// of them, "none (sea 3.1 %, beach 48.0 %)".
std::string found_text(const torch::Tensor& probabilities, const Recipe& recipe);
// What a network that labels pixels finds in a sample: [H, W] class indices, or [K, H, W] 0 and 1 for several
// labels.
torch::Tensor predict_patch(const Sample& sample, const TileFunction& network, const Recipe& recipe);

// The report's pictures: whole scenes where they are small enough, and patches of the part that was scored.
std::vector<std::pair<std::string, std::vector<ReportImage>>> make_galleries(const EvaluatedRun& run,
                                                                             ProgressObserver& observer);

}  // namespace nadir
