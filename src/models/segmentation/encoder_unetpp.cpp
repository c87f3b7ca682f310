#include "models/segmentation/encoder_unetpp.h"

#include <torch/nn.h>

#include "models/blocks/decoder_block.h"
#include "models/segmentation/encoder_decoder.h"

namespace nadir {
namespace {

constexpr std::size_t kDepth = 4;  // skips that nodes join
constexpr std::array<std::int64_t, kDepth + 1> kChannels = {256, 128, 64, 32, 16};

// Node x_{depth}_{layer} enlarges its left neighbour's map by two to the size of skip `layer` and joins it
// with all nodes of that size made before. Skips and layers count from the deepest map.
class UnetppDecoder final : public Decoder {
 public:
  explicit UnetppDecoder(const std::vector<std::int64_t>& encoder) {
    const std::vector<std::int64_t> deep_first(encoder.rbegin(), encoder.rend());
    const auto blocks = register_module("blocks", std::make_shared<torch::nn::Module>());
    for (std::size_t layer = 0; layer < kDepth; ++layer) {
      const std::int64_t skip = deep_first[layer + 1];
      for (std::size_t depth = 0; depth <= layer; ++depth) {
        const std::int64_t joined = skip * static_cast<std::int64_t>(layer + 1 - depth);
        const std::int64_t before = layer == 0 ? deep_first[0] : kChannels[layer - 1];
        const std::int64_t in = depth == 0 ? before : deep_first[layer];
        nodes_[depth][layer] = DecoderBlock(in, joined, depth == 0 ? kChannels[layer] : skip);
        blocks->register_module(name(depth, layer), nodes_[depth][layer]);
      }
    }
    last_ =
        blocks->register_module(name(0, kDepth), DecoderBlock(kChannels[kDepth - 1], 0, kChannels[kDepth]));
    init_decoder(*this);
  }

  torch::Tensor forward(const std::vector<torch::Tensor>& maps) override {
    const std::vector<torch::Tensor> deep_first(maps.rbegin(), maps.rend());
    Grid<torch::Tensor> x;
    for (std::size_t layer = 0; layer < kDepth; ++layer) {
      for (std::size_t depth = layer + 1; depth-- > 0;) {
        std::vector<torch::Tensor> joined(x_of(x, depth + 1, layer));
        joined.push_back(deep_first[layer + 1]);
        const torch::Tensor& in = depth == layer ? deep_first[layer] : x[depth][layer - 1];
        x[depth][layer] = nodes_[depth][layer](in, torch::cat(joined, 1));
      }
    }
    return last_(x[0][kDepth - 1], torch::Tensor());
  }
  std::int64_t channels() const override { return kChannels.back(); }

 private:
  template <class T>
  using Grid = std::array<std::array<T, kDepth>, kDepth>;

  static std::string name(std::size_t depth, std::size_t layer) {
    return "x_" + std::to_string(depth) + "_" + std::to_string(layer);
  }
  // Nodes of `layer` from `depth` on.
  static std::vector<torch::Tensor> x_of(const Grid<torch::Tensor>& x, std::size_t depth, std::size_t layer) {
    std::vector<torch::Tensor> found;
    for (; depth <= layer; ++depth) found.push_back(x[depth][layer]);
    return found;
  }

  Grid<DecoderBlock> nodes_ = empty_nodes();
  DecoderBlock last_{nullptr};
  static Grid<DecoderBlock> empty_nodes() {
    const auto none = [] { return DecoderBlock(nullptr); };
    const auto row = [&] { return std::array<DecoderBlock, kDepth>{none(), none(), none(), none()}; };
    return {row(), row(), row(), row()};
  }
};

}  // namespace

std::shared_ptr<Model> make_encoder_unetpp(const std::string& encoder, const ModelShape& shape) {
  const auto made = make_encoder(encoder, {.bands = shape.bands});
  return join(made, std::make_shared<UnetppDecoder>(made->channels()), {}, shape.classes);
}

}  // namespace nadir
