// A vision transformer with timm's tensor names (vit_tiny, small and base_patch16_224) and the simple feature
// pyramid of ViTDet (https://arxiv.org/abs/2203.16527), which makes maps of 1/4, 1/8, 1/16 and 1/32 of its
// last one. Any image size: the position embedding, made for 224 x 224 pixels, is interpolated.
#pragma once

#include "models/encoders/encoder.h"

namespace nadir {

struct VitShape {
  std::int64_t width = 192;  // of a token's vector
  std::int64_t heads = 3;
};
// 12 blocks, patches of 16 x 16 pixels; every map has 256 channels. Their parameters are the part `pyramid`.
std::shared_ptr<Encoder> make_vit_pyramid(const VitShape& vit, const EncoderShape& shape);

}  // namespace nadir
