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
  // last ones larger when the encoder was made dilated). Transformers begin at 1/4: their first map has no
  // channels.
  virtual std::vector<torch::Tensor> forward(const torch::Tensor& image) = 0;
  virtual std::vector<std::int64_t> channels() const = 0;  // of each map
  // The convolution that meets the image's bands, by name within the encoder: "conv1".
  virtual std::string first_convolution() const = 0;
};

// Where a dilated stage begins to dilate.
enum class Dilation {
  kWholeStage,  // in all its convolutions: segmentation_models.pytorch
  kAfterFirst,  // its first unit keeps the dilation before it: torchvision
};

struct EncoderShape {
  std::int64_t bands = 3;
  std::int64_t output_stride =
      32;  // 16 or 8: the last maps stay that large, with dilation in place of strides
  Dilation dilation = Dilation::kWholeStage;
};

// What a decoder cannot do without.
enum class EncoderNeed {
  kNone,
  kHalfMap,   // a map of half the image's size
  kDilation,  // an output_stride below 32
};

// Makes an encoder. Throws ConfigError for an unknown name.
std::shared_ptr<Encoder> make_encoder(const std::string& name, const EncoderShape& shape);
std::vector<std::string> encoder_names(EncoderNeed need = EncoderNeed::kNone);
// Throws ConfigError for an encoder that is unknown or that lacks what the network needs, with those that fit
// it: the encoders, and `others` that the network knows besides.
void check_encoder(const std::string& network, const std::string& name, EncoderNeed need,
                   const std::vector<std::string>& others = {});

}  // namespace nadir
