// nadir predict: a model over rasters of any size.
#pragma once

#include <filesystem>

#include "command.h"
#include "nadir/predict.h"

namespace nadir {

class PredictCommand final : public Command {
 public:
  static constexpr const char* kName = "predict";
  static constexpr const char* kSummary =
      "Map rasters of any size: classes, probabilities, polygons; classify whole images";
  static constexpr const char* kExample =
      "nadir predict runs/water/best.safetensors scene.tif -o water.tif --polygons water.gpkg "
      "--polygon-class water\n"
      "  nadir predict runs/scenes/best.safetensors photos/ -o classes.csv";
  explicit PredictCommand(CLI::App& app);
  int run() override;

 private:
  void add_input_options(CLI::App& app);
  void add_output_options(CLI::App& app);
  void add_work_options(CLI::App& app);
  std::vector<PredictInput> inputs() const;
  PredictInput input_of(std::vector<std::string> files) const;
  PredictOutputs outputs_for(const PredictInput& input, bool alone) const;
  PredictOptions options() const;
  void map(const LoadedModel& model, const PredictInput& input, bool alone, ProgressObserver& observer);

  std::string model_, output_;
  std::vector<std::string> images_, bands_;
  bool stack_ = false;
  std::vector<double> bounds_;
  std::string aoi_, resolution_;
  bool skip_unreadable_ = false;
  std::string probability_, confidence_, polygons_, areas_;
  bool overlay_ = false, json_ = false, eager_ = false, resume_ = false, join_ = false;
  std::string memory_ = "2G", shard_;
  PredictOutputs outputs_;
  PredictConfig config_;
};

}  // namespace nadir
