// nadir data inspect: finds what is wrong with data before training does.
#pragma once

#include "command.h"

namespace nadir {

class DataInspectCommand final : public Command {
 public:
  static constexpr const char* kName = "inspect";
  static constexpr const char* kSummary =
      "Check a recipe's data: every file, every label; lists all problems";
  static constexpr const char* kExample = "nadir data inspect recipes/water.yaml";
  explicit DataInspectCommand(CLI::App& app);
  int run() override;

 private:
  std::string recipe_;
  std::vector<std::string> overrides_;
};

}  // namespace nadir
