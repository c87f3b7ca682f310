// Masks as run lengths: "start length start length …", pixels numbered from 1 down the first column, then the
// second, as Kaggle's competitions write them; and COCO's counts.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nadir {

// Pixels first .. first + length - 1 of a mask, numbered from 0 down the columns.
struct Run {
  std::int64_t first = 0;
  std::int64_t length = 0;
  std::int64_t end() const { return first + length; }
  bool operator==(const Run&) const = default;
};

struct MaskSize {
  std::int64_t height = 0, width = 0;
  std::int64_t area() const { return height * width; }
  bool operator==(const MaskSize&) const = default;
};

// Numbers are separated by one blank; a blank at the end is let pass. Runs rise and do not overlap; they may
// touch. "" is the empty mask. Throws DataError naming the number or run that is wrong, and the rule.
std::vector<Run> decode_runs(std::string_view text, const MaskSize& size);
// Runs that touch are joined.
std::string encode_runs(const std::vector<Run>& runs);

// COCO's counts: lengths of runs of 0 and 1 in turns, 0 first, down the columns.
std::vector<Run> runs_of_counts(const std::vector<std::int64_t>& counts, const MaskSize& size);
// The same as pycocotools packs them into text: 5 bits a character from '0', differences to the count before
// the last.
std::vector<Run> runs_of_packed_counts(std::string_view text, const MaskSize& size);

// mask: [H, W] uint8 or bool; what is not 0 is set.
std::vector<Run> runs_of_mask(const torch::Tensor& mask);
// [H, W] uint8 of 0 and 1
torch::Tensor mask_of_runs(const std::vector<Run>& runs, const MaskSize& size);

// How a mask is brought to another size.
enum class MaskResize {
  kOverlap,       // a pixel is set where OpenCV's bilinear resize of the 0/255 mask gives anything above 0:
                  // study 001's rule
  kNearest,       // the pixel under the centre: nearest_indices of pictures/resample.h
  kFloorNearest,  // pixel floor(i from / to): OpenCV's INTER_NEAREST
};
// The resized mask, [H, W] uint8 of 0 and 1, equal to resizing mask_of_runs, without making that: only the
// pixels that are looked at are found in the runs.
torch::Tensor resized_mask(const std::vector<Run>& runs, const MaskSize& from, const MaskSize& to,
                           MaskResize resize);

}  // namespace nadir
