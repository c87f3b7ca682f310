// nadir predict: a model over rasters of any size.
#pragma once

#include <filesystem>

#include "command.h"
#include "nadir/predict.h"

namespace nadir {

class PredictCommand final : public Command {
 public:
  static constexpr const char* kName = "predict";
  static constexpr const char* kSummary = "Map rasters of any size: classes, probabilities, polygons";
  static constexpr const char* kExample =
      "nadir predict runs/water/best.safetensors scene.tif -o water.tif --polygons water.gpkg "
      "--polygon-class water";
  explicit PredictCommand(CLI::App& app);
  int run() override;

 private:
  PredictOutputs outputs_for(const std::string& image) const;

  std::string model_, output_;
  std::vector<std::string> images_;
  std::string probability_, polygons_;
  PredictOutputs options_;
  PredictConfig config_;
};

}  // namespace nadir
