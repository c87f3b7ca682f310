#include "models/blocks/atrous_pyramid.h"

#include <torch/nn.h>

#include "models/blocks/decoder_block.h"
#include "models/blocks/separable_conv.h"

namespace nadir {

AtrousPyramidImpl::AtrousPyramidImpl(const PyramidShape& shape) {
  convs_ = register_module("convs", torch::nn::ModuleList());
  convs_->push_back(relu_unit(shape.in, kChannels, {.kernel = 1}));
  for (const std::int64_t dilation : {12, 24, 36}) {
    convs_->push_back(shape.separable ? separable_unit(shape.in, kChannels, dilation)
                                      : relu_unit(shape.in, kChannels, {.dilation = dilation}));
  }
  Stack whole(torch::nn::AdaptiveAvgPool2d(1));
  whole->extend(*relu_unit(shape.in, kChannels, {.kernel = 1}));
  convs_->push_back(whole);
  project_ = relu_unit(5 * kChannels, kChannels, {.kernel = 1});
  project_->push_back(torch::nn::Dropout(shape.dropout));
  register_module("project", project_);
}

torch::Tensor AtrousPyramidImpl::forward(const torch::Tensor& x) {
  std::vector<torch::Tensor> reaches;
  for (const auto& each : *convs_) reaches.push_back(each->as<Stack>()->forward(x));
  reaches.back() = torch::upsample_bilinear2d(reaches.back(), x.sizes().slice(2), /*align_corners=*/false);
  return project_->forward(torch::cat(reaches, 1));
}

}  // namespace nadir
