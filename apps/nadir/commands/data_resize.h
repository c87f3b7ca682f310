// nadir data resize: images and masks at another size, offline.
#pragma once

#include "command.h"

namespace nadir {

class DataResizeCommand final : public Command {
 public:
  static constexpr const char* kName = "resize";
  static constexpr const char* kSummary = "Images and masks at another size, as GeoTIFFs";
  static constexpr const char* kExample =
      "nadir data resize top_potsdam_2_10_RGB.tif --size 1024x1024 -o small/";

  explicit DataResizeCommand(CLI::App& app);
  int run() override;

 private:
  std::vector<std::string> images_;
  std::string output_;
  std::string size_;
  double factor_ = 0;
  std::int64_t multiple_ = 1;
  bool mask_ = false;
  std::string method_;
};

}  // namespace nadir
