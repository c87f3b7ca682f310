// nadir evaluate: how good a trained model is.
#pragma once

#include "command.h"

namespace nadir {

class EvaluateCommand final : public Command {
 public:
  static constexpr const char* kName = "evaluate";
  static constexpr const char* kSummary = "Score a model: per class and overall, beside simple baselines";
  static constexpr const char* kExample =
      "nadir evaluate runs/water --part test --baselines\n"
      "  nadir evaluate model.safetensors other-data.yaml --json";
  explicit EvaluateCommand(CLI::App& app);
  int run() override;

 private:
  std::string model_, recipe_, part_ = "test", report_;
  bool baselines_ = false;
  bool json_ = false;
};

}  // namespace nadir
