// The first half of segmentation networks: from an image to maps of falling size.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace nadir {

class Encoder : public torch::nn::Module {
 public:
  // image: [N, C, H, W], sides multiples of 32. Gives maps of 1/2, 1/4, 1/8, 1/16 and 1/32 of its size (the
  // last ones larger when the encoder was made dilated).
  virtual std::vector<torch::Tensor> forward(const torch::Tensor& image) = 0;
  virtual std::vector<std::int64_t> channels() const = 0;  // of each map
};

struct EncoderShape {
  std::int64_t bands = 3;
  bool dilated = false;  // the last two maps keep 1/8 of the size: dilation in place of strides
};
// Makes an encoder with torchvision's tensor names. Throws ConfigError for an unknown name.
std::shared_ptr<Encoder> make_encoder(const std::string& name, const EncoderShape& shape);
std::vector<std::string> encoder_names();

}  // namespace nadir
