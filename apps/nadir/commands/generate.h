// nadir generate: satellite images from text and metadata.
#pragma once

#include <optional>

#include "command.h"
#include "nadir/generate.h"

namespace nadir {

class GenerateCommand final : public Command {
 public:
  static constexpr const char* kName = "generate";
  static constexpr const char* kSummary =
      "Make satellite images from text and metadata (Stable Diffusion, DiffusionSat)";
  static constexpr const char* kExample =
      "nadir generate --model sd21 --unet diffusionsat/checkpoint-150000/unet "
      "\"a fmow satellite image of a building in San Francisco\" --lon -122.4088 --lat 37.7835 --gsd 0.93 "
      "--cloud 0.08 --date 2020-02-27 --steps 50 --seed 7 --size 512 -o out/";
  explicit GenerateCommand(CLI::App& app);
  int run() override;

 private:
  std::optional<ImageMetadata> metadata() const;

  DiffusionFolders folders_;
  GenerateConfig config_;
  std::string precision_ = "fp32", device_ = "auto", date_;
  std::optional<double> longitude_, latitude_, gsd_, cloud_cover_;
  std::vector<std::int64_t> size_;
  std::int64_t count_ = 1;
  std::string lora_;
  double lora_strength_ = 1;
  std::string output_;
};

}  // namespace nadir
