// nadir train: a recipe in, a run folder out.
#pragma once

#include "command.h"

namespace nadir {

class TrainCommand final : public Command {
 public:
  static constexpr const char* kName = "train";
  static constexpr const char* kSummary = "Train a network from a recipe";
  static constexpr const char* kExample =
      "nadir train recipes/water.yaml train.epochs=5 -o runs/water\n  nadir train --resume runs/water\n"
      "  nadir train recipes/water.yaml --find-lr";
  explicit TrainCommand(CLI::App& app);
  int run() override;

 private:
  int find_lr() const;

  bool find_lr_ = false;
  std::string recipe_, output_, resume_;
  std::vector<std::string> overrides_;
};

}  // namespace nadir
