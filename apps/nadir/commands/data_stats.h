// nadir data stats: mean, deviation, range and classes by one streaming pass.
#pragma once

#include "command.h"

namespace nadir {

class DataStatsCommand final : public Command {
 public:
  static constexpr const char* kName = "stats";
  static constexpr const char* kSummary = "Band statistics and class shares of the training part";
  static constexpr const char* kExample = "nadir data stats recipes/water.yaml";
  explicit DataStatsCommand(CLI::App& app);
  int run() override;

 private:
  std::string recipe_, part_ = "train";
  std::vector<std::string> overrides_;
  bool json_ = false;
};

}  // namespace nadir
