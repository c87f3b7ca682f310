// nadir compare: finished runs side by side.
#pragma once

#include "command.h"

namespace nadir {

class CompareCommand final : public Command {
 public:
  static constexpr const char* kName = "compare";
  static constexpr const char* kSummary = "Put finished runs side by side: a table, curves, pictures";
  static constexpr const char* kExample =
      "nadir compare runs/unet runs/enet -o comparison.html\n"
      "  nadir compare runs/classify-* --part test";
  explicit CompareCommand(CLI::App& app);
  int run() override;

 private:
  std::vector<std::string> runs_;
  std::string part_, report_ = "comparison.html";
};

}  // namespace nadir
