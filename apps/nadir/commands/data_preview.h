// nadir data preview: a picture of what training will see.
#pragma once

#include "command.h"

namespace nadir {

class DataPreviewCommand final : public Command {
 public:
  static constexpr const char* kName = "preview";
  static constexpr const char* kSummary = "Draw a contact sheet of images with their masks over them";
  static constexpr const char* kExample =
      "nadir data preview recipes/water.yaml -o sheet.png\n"
      "  nadir data preview recipes/water.yaml --patches 8";
  explicit DataPreviewCommand(CLI::App& app);
  int run() override;

 private:
  std::string recipe_, output_ = "preview.png", part_ = "train";
  std::vector<std::string> overrides_;
  std::int64_t count_ = 12, patches_ = 0;
};

}  // namespace nadir
