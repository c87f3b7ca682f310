#include "models/blocks/conv.h"

namespace nadir {

torch::nn::Conv2d conv(std::int64_t in, std::int64_t out, const ConvShape& shape) {
  const std::int64_t padding = shape.padding.value_or(shape.dilation * (shape.kernel - 1) / 2);
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, shape.kernel)
                               .stride(shape.stride)
                               .padding(padding)
                               .dilation(shape.dilation)
                               .groups(shape.groups)
                               .bias(shape.bias));
}

torch::nn::Conv2d strip_conv(std::int64_t channels, std::array<std::int64_t, 2> kernel,
                             const ConvShape& shape) {
  const auto [height, width] = kernel;
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, channels, {height, width})
                               .padding({shape.dilation * (height - 1) / 2, shape.dilation * (width - 1) / 2})
                               .dilation({height > 1 ? shape.dilation : 1, width > 1 ? shape.dilation : 1})
                               .bias(shape.bias));
}

void dilate_convolutions(torch::nn::Module& module, std::int64_t rate) {
  for (const auto& each : module.modules()) {
    auto* layer = dynamic_cast<torch::nn::Conv2dImpl*>(each.get());
    if (layer == nullptr) continue;
    const std::int64_t half = layer->options.kernel_size()->at(0) / 2;
    layer->options.stride(1).dilation(rate).padding(torch::ExpandingArray<2>(half * rate));
  }
}

torch::nn::BatchNorm2d batch_norm(std::int64_t channels, const NormFlavour& flavour) {
  return torch::nn::BatchNorm2d(
      torch::nn::BatchNorm2dOptions(channels).eps(flavour.eps).momentum(flavour.momentum));
}

TransposedConv doubling_conv(std::int64_t in, std::int64_t out) {
  return TransposedConv(torch::nn::ConvTranspose2dOptions(in, out, 2).stride(2));
}

}  // namespace nadir
