// nadir summary: a network layer by layer, and as a picture.
#pragma once

#include "command.h"

namespace nadir {

class SummaryCommand final : public Command {
 public:
  static constexpr const char* kName = "summary";
  static constexpr const char* kSummary =
      "Print a network's layers, shapes, parameters and multiply-adds; draw it";
  static constexpr const char* kExample =
      "nadir summary unet start=16 --input 3x128x128 --classes 8 --graph unet.svg\n"
      "  nadir summary best.safetensors";
  explicit SummaryCommand(CLI::App& app);
  int run() override;

 private:
  std::string model_, input_, graph_;
  std::int64_t classes_ = 2, batch_ = 1;
  std::vector<std::string> options_;
  bool json_ = false;
};

}  // namespace nadir
