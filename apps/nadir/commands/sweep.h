// nadir sweep: one recipe with many settings, and one report of them all.
#pragma once

#include "command.h"
#include "train/sweep.h"

namespace nadir {

struct RunOfMany;
class Console;

class SweepCommand final : public Command {
 public:
  static constexpr const char* kName = "sweep";
  static constexpr const char* kSummary = "Train a recipe with many settings and compare the runs";
  static constexpr const char* kExample =
      "nadir sweep recipes/cityscapes-unet.yaml --over model=unet,enet --over 'loss.beta=0:1:0.5'\n"
      "  The same command again goes on where a sweep was stopped.";
  explicit SweepCommand(CLI::App& app);
  int run() override;

 private:
  std::vector<std::string> arguments_of(const SweepRun& run, const RunFolder& folder) const;
  std::vector<RunOfMany> train_all(const std::vector<SweepRun>& runs, const std::filesystem::path& folder,
                                   Console& console) const;

  std::string recipe_, output_;
  std::vector<std::string> over_, overrides_;
  std::int64_t parallel_ = 1;
};

}  // namespace nadir
