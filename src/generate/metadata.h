// What DiffusionSat is told of a picture beside the text (Khanna et al. 2023, section 3.1).
#pragma once

#include <array>
#include <string>

namespace nadir {

struct ImageMetadata {
  double longitude = 0, latitude = 0;  // degrees, -180 .. 180 and -90 .. 90
  double gsd = 1;                      // ground sample distance, metres
  double cloud_cover = 0;              // 0 .. 1
  int year = 2020, month = 1, day = 1;
};
// Throws ConfigError for values out of range, naming them.
void check(const ImageMetadata& metadata);
// "2020-02-27" into year, month and day. Throws ConfigError.
void set_date(ImageMetadata& metadata, const std::string& date);

// The seven numbers as the network sees them, 0 to 1000. `raw`: longitude, latitude and year without the
// shift
// (+ 180, + 90, - 1980) of the training data, as study 003 and the authors' notebook pass them.
std::array<double, 7> normalise(const ImageMetadata& metadata, bool raw = false);

}  // namespace nadir
