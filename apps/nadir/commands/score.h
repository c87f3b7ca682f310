// nadir score: how like each other two folders of images are.
#pragma once

#include "command.h"
#include "nadir/generate.h"

namespace nadir {

class ScoreCommand final : public Command {
 public:
  static constexpr const char* kName = "score";
  static constexpr const char* kSummary =
      "Frechet and kernel distance between two folders of images, with any encoder's features";
  static constexpr const char* kExample =
      "nadir score generated/ real/ --encoder resnet50 --weights imagenet";
  explicit ScoreCommand(CLI::App& app);
  int run() override;

 private:
  std::string first_, second_;
  FeatureConfig features_;
  KernelDistanceConfig kernel_;
  bool json_ = false;
};

}  // namespace nadir
