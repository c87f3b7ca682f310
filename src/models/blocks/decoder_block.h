// What segmentation_models.pytorch's decoders are made of, with its tensor names and first values.
#pragma once

#include "models/blocks/conv.h"
#include "models/blocks/stack.h"

namespace nadir {

// Convolution without bias, batch norm, ReLU.
Stack relu_unit(std::int64_t in, std::int64_t out, const ConvShape& shape = {});

// Doubles the map, joins the skip (undefined: none), and convolves twice.
class DecoderBlockImpl : public torch::nn::Module {
 public:
  DecoderBlockImpl(std::int64_t in, std::int64_t skip, std::int64_t out);
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& skip);

 private:
  Stack conv1_{nullptr}, conv2_{nullptr};
};
TORCH_MODULE(DecoderBlock);

torch::Tensor doubled(const torch::Tensor& map);  // the nearest pixel, twice as high and wide
// Corners aligned, as the library enlarges its logits.
torch::Tensor enlarged(const torch::Tensor& map, std::int64_t factor);

// Convolutions: uniform by fan_in for ReLU; linear layers: Xavier; biases 0.
void init_decoder(torch::nn::Module& module);
// Xavier; biases 0.
void init_head(torch::nn::Module& module);

}  // namespace nadir
