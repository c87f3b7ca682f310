// nadir submit: a competition's file of run lengths from a trained network.
#pragma once

#include "command.h"

namespace nadir {

class SubmitCommand final : public Command {
 public:
  static constexpr const char* kName = "submit";
  static constexpr const char* kSummary = "Write a competition's CSV of run lengths for a folder of pictures";
  static constexpr const char* kExample = "nadir submit runs/clouds test_images -o submission.csv";
  explicit SubmitCommand(CLI::App& app);
  int run() override;

 private:
  std::string model_, images_, output_ = "submission.csv";
  bool tune_ = false;
};

}  // namespace nadir
