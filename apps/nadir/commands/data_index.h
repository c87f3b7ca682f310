// nadir data index: weak labels from band indices.
#pragma once

#include "command.h"

namespace nadir {

class DataIndexCommand final : public Command {
 public:
  static constexpr const char* kName = "index";
  static constexpr const char* kSummary = "Make a label raster from a spectral index and a threshold";
  static constexpr const char* kExample =
      "nadir data index scene.tif --index mndwi --bands green=2 swir1=5 --threshold otsu -o water_mask.tif";
  explicit DataIndexCommand(CLI::App& app);
  int run() override;

 private:
  std::string image_, output_, index_ = "mndwi", threshold_ = "otsu";
  std::vector<std::string> bands_, classes_ = {"other", "water"};
  bool list_ = false;
};

}  // namespace nadir
