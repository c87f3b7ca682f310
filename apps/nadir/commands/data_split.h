// nadir data split: the parts of a data set.
#pragma once

#include "command.h"

namespace nadir {

class DataSplitCommand final : public Command {
 public:
  static constexpr const char* kName = "split";
  static constexpr const char* kSummary = "Show how a recipe divides its data, and store it";
  static constexpr const char* kExample = "nadir data split recipes/water.yaml -o split.json";
  explicit DataSplitCommand(CLI::App& app);
  int run() override;

 private:
  std::string recipe_, output_;
  std::vector<std::string> overrides_;
};

}  // namespace nadir
