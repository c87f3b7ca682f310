// nadir data patches: a list of a scene's patches with captions, to train generation on, and as pictures to
// classify.
#pragma once

#include "command.h"
#include "data/caption_patches.h"

namespace nadir {

class DataPatchesCommand final : public Command {
 public:
  static constexpr const char* kName = "patches";
  static constexpr const char* kSummary = "List a scene's patches with captions, places and dates";
  static constexpr const char* kExample =
      "nadir data patches scene.tif --index mndwi --bands green=2 swir1=5 --date 2001-08-03 -o patches.csv\n"
      "  nadir data patches scene.tif --size 16 --stride 16 --index mndwi --bands green=2 swir1=5 \\\n"
      "    --captions land water water --date 2001-08-03 -o patches.csv --pictures scenes --picture-bands "
      "3,2,1";
  explicit DataPatchesCommand(CLI::App& app);
  int run() override;

 private:
  std::string image_, output_;
  std::vector<std::string> bands_;
  CaptionPatchesConfig config_;
};

}  // namespace nadir
