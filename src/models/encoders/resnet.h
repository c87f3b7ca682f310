// ResNet (https://arxiv.org/abs/1512.03385) as torchvision has it: the stride of a bottleneck is on its 3x3
// convolution. Tensor names are torchvision's, without the classifier.
#pragma once

#include <array>

#include "models/encoders/encoder.h"

namespace nadir {

enum class ResnetBlock {
  kBasic,       // two 3x3 convolutions
  kBottleneck,  // 1x1, 3x3, 1x1 with four times the channels
};
// `blocks` of each of the four stages.
std::shared_ptr<Encoder> make_resnet(const std::array<std::int64_t, 4>& blocks, ResnetBlock kind,
                                     const EncoderShape& shape);

}  // namespace nadir
