// nadir info: what a model file says of itself.
#pragma once

#include "command.h"

namespace nadir {

class InfoCommand final : public Command {
 public:
  static constexpr const char* kName = "info";
  static constexpr const char* kSummary = "Print a model file's card";
  static constexpr const char* kExample = "nadir info runs/water/best.safetensors";
  explicit InfoCommand(CLI::App& app);
  int run() override;

 private:
  std::string model_;
  bool json_ = false;
};

}  // namespace nadir
