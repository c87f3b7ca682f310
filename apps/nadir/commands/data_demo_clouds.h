// nadir data demo-clouds: a made set in Kaggle's layout, to try a recipe without the set.
#pragma once

#include "command.h"
#include "data/demo_clouds.h"

namespace nadir {

class DataDemoCloudsCommand final : public Command {
 public:
  static constexpr const char* kName = "demo-clouds";
  static constexpr const char* kSummary =
      "Make a cloud set in Kaggle's layout, to try recipes without the real one";
  static constexpr const char* kExample = "nadir data demo-clouds -o clouds --images 40";
  explicit DataDemoCloudsCommand(CLI::App& app);
  int run() override;

 private:
  std::string output_;
  DemoCloudsConfig config_;
};

}  // namespace nadir
