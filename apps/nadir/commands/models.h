// nadir models: the networks that exist.
#pragma once

#include "command.h"

namespace nadir {

class ModelsCommand final : public Command {
 public:
  static constexpr const char* kName = "models";
  static constexpr const char* kSummary = "List the networks";
  static constexpr const char* kExample = "nadir models --json";
  explicit ModelsCommand(CLI::App& app);
  int run() override;

 private:
  bool json_ = false;
};

}  // namespace nadir
