// Contrast-limited adaptive histogram equalisation (Zuiderveld 1994), as OpenCV computes it.
#pragma once

#include "nadir/data.h"

namespace nadir {

struct ClaheConfig {
  double clip_limit = 2;                     // the limit is drawn from [1, clip_limit], in mean bin heights
  std::vector<std::int64_t> tiles = {8, 8};  // rows and columns of tiles
  // lab: the lightness of three bands red, green and blue, by way of 8-bit Lab (other types are rounded to
  // 256 levels of their range); bands: each band by itself; auto: lab for 8 bit with three bands
  std::string mode = "auto";
  std::vector<double> range;  // low and high; none: 0 and 255 for 8 bit, else the sample's own of each band
  double probability = 0.5;   // of changing a sample at all
  void fields(FieldVisitor& visit);
  void validate() const;
};
std::unique_ptr<Transform> make_clahe(const ClaheConfig& config);

// With the clip limit given. Values are sorted into 256 bins of their range; 8-bit results equal OpenCV's,
// other types keep their depth: their mapping is interpolated between the bins. Pixels that are not valid are
// left out of the histograms, and values beyond `range` count as its ends.
Sample equalize(Sample sample, double clip_limit, const ClaheConfig& config);

}  // namespace nadir
