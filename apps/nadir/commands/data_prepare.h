// nadir data prepare: tensors for machines without GDAL.
#pragma once

#include "command.h"

namespace nadir {

class DataPrepareCommand final : public Command {
 public:
  static constexpr const char* kName = "prepare";
  static constexpr const char* kSummary = "Store images and labels as tensors for machines without GDAL";
  static constexpr const char* kExample = "nadir data prepare recipes/demo-water.yaml -o water.safetensors";

  explicit DataPrepareCommand(CLI::App& app);
  int run() override;

 private:
  std::string recipe_;
  std::vector<std::string> overrides_;
  std::string output_;
  std::vector<std::string> parts_;
  std::int64_t draw_ = 0;
};

}  // namespace nadir
