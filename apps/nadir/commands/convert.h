// nadir convert: weights from one format to another.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "command.h"

namespace nadir {

class ConvertCommand final : public Command {
 public:
  static constexpr const char* kName = "convert";
  static constexpr const char* kSummary =
      "Convert weights of PyTorch, Keras and nadir to .safetensors or .pth";
  static constexpr const char* kExample =
      "nadir convert resnet34.pth -o resnet34.safetensors\n"
      "  nadir convert run/best.safetensors -o best.pth\n"
      "  nadir convert study.h5 -o unet.safetensors --model unet encoder=keras.resnet50 --classes 2";
  explicit ConvertCommand(CLI::App& app);
  int run() override;

 private:
  std::filesystem::path input_, output_;
  std::string model_, dict_;
  std::vector<std::string> options_;
  std::int64_t bands_ = 3, classes_ = 2;
  bool partial_ = false, json_ = false;
};

}  // namespace nadir
