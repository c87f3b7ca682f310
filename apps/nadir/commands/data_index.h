// nadir data index: weak labels from band indices.
#pragma once

#include "command.h"

namespace nadir {

class DataIndexCommand final : public Command {
 public:
  static constexpr const char* kName = "index";
  static constexpr const char* kSummary =
      "Make a label raster from a spectral index, or say how much of images it finds";
  static constexpr const char* kExample =
      "nadir data index scene.tif --index mndwi --bands green=2 swir1=5 --threshold otsu -o water_mask.tif";
  explicit DataIndexCommand(CLI::App& app);
  int run() override;

 private:
  // Prints how much of the images the index finds.
  int report_shares() const;

  std::vector<std::string> images_;
  std::string output_, index_ = "mndwi", threshold_ = "otsu";
  std::vector<std::string> bands_, classes_ = {"other", "water"};
  bool list_ = false;
};

}  // namespace nadir
