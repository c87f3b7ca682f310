// Inception-v3 (https://arxiv.org/abs/1512.00567) with torchvision's tensor names and arithmetic, but every
// 3x3 convolution and pooling padded by 1, so that maps are 1/2 to 1/32 of the image's size: what
// segmentation_models.pytorch does with its Inceptions. keras.inception_v3 is another flavour.
#pragma once

#include "models/encoders/encoder.h"

namespace nadir {

std::shared_ptr<Encoder> make_inception_v3(const EncoderShape& shape);

}  // namespace nadir
