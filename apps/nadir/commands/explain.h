// nadir explain: where in an image a network finds what it finds.
#pragma once

#include "command.h"
#include "nadir/nadir.h"

namespace nadir {

class ExplainCommand final : public Command {
 public:
  static constexpr const char* kName = "explain";
  static constexpr const char* kSummary =
      "Draw where in an image a network sees a class: attention rollout or Grad-CAM";
  static constexpr const char* kExample =
      "nadir explain runs/land-cover/best.safetensors chip.tif -o chip.png --class water\n"
      "  nadir explain classifier.safetensors photos/*.jpg -o explained/";
  explicit ExplainCommand(CLI::App& app);
  int run() override;

 private:
  torch::Tensor explained(const LoadedModel& model, const std::string& image) const;

  std::string model_, output_, class_;
  std::vector<std::string> images_;
  std::vector<std::int64_t> window_;
};

}  // namespace nadir
