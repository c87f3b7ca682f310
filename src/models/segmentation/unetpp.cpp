#include "models/segmentation/unetpp.h"

#include <torch/nn.h>

#include <array>

#include "models/blocks/activation.h"
#include "models/blocks/conv.h"
#include "models/blocks/init.h"
#include "models/blocks/padding.h"
#include "models/encoders/encoder.h"
#include "models/segmentation/encoder_unetpp.h"

namespace nadir {
namespace {

constexpr std::size_t kRows = 5;
template <class T>
using Grid = std::array<std::array<T, kRows>, kRows>;  // [row][column], column + row < kRows

// One place of the grid; the first column has nothing to enlarge.
struct Node {
  TransposedConv up{nullptr};
  torch::nn::Conv2d first{nullptr}, second{nullptr};
  torch::nn::BatchNorm2d first_norm{nullptr}, second_norm{nullptr};  // where there are any
};

class Unetpp final : public Model {
 public:
  Unetpp(const UnetppConfig& config, const ModelShape& shape)
      : activation_(config.activation == "elu" ? Activation::kElu : Activation::kRelu),
        has_norm_(config.norm == "batch") {
    drop_ = register_module("dp", torch::nn::Dropout(config.dropout));
    for (std::size_t column = 0; column < kRows; ++column) {
      for (std::size_t row = 0; row + column < kRows; ++row) add_node(row, column, config.start, shape.bands);
    }
    for (std::size_t column = config.deep_supervision ? 1 : kRows - 1; column < kRows; ++column) {
      outputs_.push_back(register_module("output_" + std::to_string(column),
                                         conv(config.start, shape.classes, {.kernel = 1, .bias = true})));
    }
    init_keras(*this, KerasInit::kHeNormal);
  }

  ModelOutput forward(const torch::Tensor& image) override {
    const PaddedImage padded(image, 16);
    Grid<torch::Tensor> x;
    for (std::size_t column = 0; column < kRows; ++column) {
      for (std::size_t row = 0; row + column < kRows; ++row) {
        x[row][column] = unit(nodes_[row][column], input(x, row, column, padded.image()));
      }
    }
    ModelOutput result;
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      const std::size_t column = kRows - outputs_.size() + i;
      result.auxiliary.push_back(padded.crop(outputs_[i](x[0][column])));
    }
    result.logits = result.auxiliary.back();
    result.auxiliary.pop_back();
    return result;
  }

 private:
  void add_node(std::size_t row, std::size_t column, std::int64_t start, std::int64_t bands) {
    const std::string name = std::to_string(row + 1) + std::to_string(column + 1);
    const std::int64_t channels = start << row;
    const std::int64_t above = row > 0 ? channels / 2 : bands;
    const std::int64_t in = column > 0 ? static_cast<std::int64_t>(column + 1) * channels : above;
    Node& node = nodes_[row][column];
    if (column > 0) node.up = register_module("up" + name, doubling_conv(2 * channels, channels));
    node.first = register_module("conv" + name + "_1", conv(in, channels, {.bias = true}));
    node.second = register_module("conv" + name + "_2", conv(channels, channels, {.bias = true}));
    if (!has_norm_) return;
    node.first_norm = register_module("bn" + name + "_1", batch_norm(channels, kKerasNorm));
    node.second_norm = register_module("bn" + name + "_2", batch_norm(channels, kKerasNorm));
  }

  // The first column goes down by pooling; the others join what is below, enlarged, with all before in the
  // row.
  torch::Tensor input(const Grid<torch::Tensor>& x, std::size_t row, std::size_t column,
                      const torch::Tensor& image) {
    if (column == 0) return row == 0 ? image : torch::max_pool2d(x[row - 1][0], 2);
    std::vector<torch::Tensor> parts = {nodes_[row][column].up(x[row + 1][column - 1])};
    parts.insert(parts.end(), x[row].begin(), x[row].begin() + static_cast<std::ptrdiff_t>(column));
    return torch::cat(parts, 1);
  }

  torch::Tensor unit(Node& node, const torch::Tensor& x) {
    return activated(node.second(activated(node.first(x), node.first_norm)), node.second_norm);
  }
  torch::Tensor activated(torch::Tensor x, torch::nn::BatchNorm2d& norm) {
    if (norm) x = norm(x);
    return activate(activation_, x, drop_rate(drop_));
  }

  Activation activation_;
  bool has_norm_;
  torch::nn::Dropout drop_{nullptr};
  Grid<Node> nodes_;
  std::vector<torch::nn::Conv2d> outputs_;
};

}  // namespace

void UnetppConfig::fields(FieldVisitor& visit) {
  visit.field("encoder", encoder);
  visit.field("start", start, at_least(1));
  visit.field("dropout", dropout, from_below(0, 1));
  visit.field("activation", activation, {"elu", "relu"});
  visit.field("norm", norm, {"none", "batch"});
  visit.field("deep_supervision", deep_supervision);
}

void UnetppConfig::validate() const { check_encoder("unetpp", encoder, EncoderNeed::kHalfMap, {"none"}); }

std::shared_ptr<Model> make_unetpp(const UnetppConfig& config, const ModelShape& shape) {
  if (config.encoder != "none") return make_encoder_unetpp(config.encoder, shape);
  return std::make_shared<Unetpp>(config, shape);
}

}  // namespace nadir
