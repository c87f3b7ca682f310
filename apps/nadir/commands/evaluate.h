// nadir evaluate: how good a trained model is.
#pragma once

#include "command.h"
#include "run_report.h"

namespace nadir {

class EvaluateCommand final : public Command {
 public:
  static constexpr const char* kName = "evaluate";
  static constexpr const char* kSummary = "Score a model: per class and overall, beside simple baselines";
  static constexpr const char* kExample =
      "nadir evaluate runs/water --part test --baselines\n"
      "  nadir evaluate model.safetensors other-data.yaml --json\n"
      "  nadir evaluate runs/scenes --calibrate\n"
      "  nadir evaluate runs/clouds --part val --gate runs/kinds/best.safetensors";
  explicit EvaluateCommand(CLI::App& app);
  int run() override;

 private:
  std::string model_, recipe_, part_ = "test", report_;
  GateOptions gate_;
  bool baselines_ = false;
  bool calibrate_ = false;
  bool json_ = false;
};

}  // namespace nadir
