// nadir generate: satellite images from text and metadata.
#pragma once

#include <optional>

#include "command.h"
#include "image_grid.h"
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
  // A setting, and the values that a sweep gives it.
  struct Sweep {
    std::string name;
    std::vector<std::string> values;
  };
  struct Made {
    std::vector<LabelledImage> images;  // where a grid of them is wanted
    std::size_t skipped = 0;
  };
  void add_settings(CLI::App& app);
  void add_starts(CLI::App& app);
  void add_lists(CLI::App& app);
  GenerateJob first_job() const;
  // Throws ConfigError for flags that do not go together.
  void check_usage() const;
  std::vector<GenerateJob> jobs() const;
  std::vector<Sweep> sweeps() const;
  ImageFormat format_of(const GenerateJob& job) const;
  void fit(std::vector<GenerateJob>& jobs, const DiffusionModel& model, ProgressObserver& observer) const;
  Made make(DiffusionModel& model, const std::vector<GenerateJob>& jobs, ProgressObserver& observer) const;
  std::string label_of(const GenerateJob& job) const;
  void write_grid(const std::vector<LabelledImage>& images) const;

  DiffusionFolders folders_;
  GenerateConfig config_;
  KnownMetadata known_;
  std::string precision_ = "fp32", device_ = "auto", date_, list_, caption_, format_ = "auto";
  std::string image_, mask_;
  std::vector<std::int64_t> size_;
  std::string lora_;
  double lora_strength_ = 1;
  std::vector<std::string> sweeps_;
  std::int64_t count_ = 1, columns_ = 0;
  bool grid_ = false, low_memory_ = false;
  std::string output_;
};

}  // namespace nadir
