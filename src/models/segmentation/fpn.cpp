#include "models/segmentation/fpn.h"

#include <torch/nn.h>

#include "models/blocks/decoder_block.h"
#include "models/segmentation/encoder_decoder.h"

namespace nadir {
namespace {

constexpr std::int64_t kPyramid = 256, kSegmentation = 128;

// Adds the skip, brought to the pyramid's channels, to the map below it.
class LevelImpl : public torch::nn::Module {
 public:
  explicit LevelImpl(std::int64_t skip)
      : skip_(register_module("skip_conv", conv(skip, kPyramid, {.kernel = 1, .bias = true}))) {}
  torch::Tensor forward(const torch::Tensor& below, const torch::Tensor& skip) {
    return doubled(below) + skip_(skip);
  }

 private:
  torch::nn::Conv2d skip_;
};
TORCH_MODULE(Level);

class UnitImpl : public torch::nn::Module {
 public:
  UnitImpl(std::int64_t in, bool enlarges) : factor_(enlarges ? 2 : 1) {
    block_ = register_module(
        "block", torch::nn::Sequential(conv(in, kSegmentation), torch::nn::GroupNorm(32, kSegmentation),
                                       torch::nn::ReLU(torch::nn::ReLUOptions(true))));
  }
  torch::Tensor forward(const torch::Tensor& x) { return enlarged(block_->forward(x), factor_); }

 private:
  std::int64_t factor_;
  torch::nn::Sequential block_{nullptr};
};
TORCH_MODULE(Unit);

// Brings a map of the pyramid to 1/4 of the image's size in `doublings` steps.
class BranchImpl : public torch::nn::Module {
 public:
  explicit BranchImpl(std::int64_t doublings) {
    block_ = register_module("block", torch::nn::Sequential(Unit(kPyramid, doublings > 0)));
    for (std::int64_t i = 1; i < doublings; ++i) block_->push_back(Unit(kSegmentation, true));
  }
  torch::Tensor forward(const torch::Tensor& x) { return block_->forward(x); }

 private:
  torch::nn::Sequential block_{nullptr};
};
TORCH_MODULE(Branch);

class FpnDecoder final : public Decoder {
 public:
  FpnDecoder(const std::vector<std::int64_t>& encoder, double dropout) {
    p5_ = register_module("p5", conv(encoder[4], kPyramid, {.kernel = 1, .bias = true}));
    p4_ = register_module("p4", Level(encoder[3]));
    p3_ = register_module("p3", Level(encoder[2]));
    p2_ = register_module("p2", Level(encoder[1]));
    branches_ = register_module("seg_blocks", torch::nn::ModuleList());
    for (const std::int64_t doublings : {3, 2, 1, 0}) branches_->push_back(Branch(doublings));
    drop_ = register_module("dropout", torch::nn::Dropout2d(dropout));
    init_decoder(*this);
  }
  torch::Tensor forward(const std::vector<torch::Tensor>& maps) override {
    const torch::Tensor p5 = p5_(maps[4]);
    const torch::Tensor p4 = p4_(p5, maps[3]);
    const torch::Tensor p3 = p3_(p4, maps[2]);
    const torch::Tensor p2 = p2_(p3, maps[1]);
    return drop_(branch(0, p5) + branch(1, p4) + branch(2, p3) + branch(3, p2));
  }
  std::int64_t channels() const override { return kSegmentation; }

 private:
  torch::Tensor branch(std::size_t index, const torch::Tensor& map) {
    return branches_[index]->as<Branch>()->forward(map);
  }
  torch::nn::Conv2d p5_{nullptr};
  Level p4_{nullptr}, p3_{nullptr}, p2_{nullptr};
  torch::nn::ModuleList branches_{nullptr};
  torch::nn::Dropout2d drop_{nullptr};
};

}  // namespace

void FpnConfig::fields(FieldVisitor& visit) {
  visit.field("encoder", encoder);
  visit.field("dropout", dropout, from_below(0, 1));
}

void FpnConfig::validate() const { check_encoder("fpn", encoder, EncoderNeed::kNone); }

std::shared_ptr<Model> make_fpn(const FpnConfig& config, const ModelShape& shape) {
  const auto encoder = make_encoder(config.encoder, {.bands = shape.bands});
  const auto decoder = std::make_shared<FpnDecoder>(encoder->channels(), config.dropout);
  return join(encoder, decoder, {.kernel = 1, .enlarge = 4}, shape.classes);
}

}  // namespace nadir
