#include "models/segmentation/attention_unet.h"

#include "models/encoders/encoder.h"
#include "models/encoders/keras_resnet50.h"
#include "models/segmentation/encoder_attention_unet.h"
#include "models/segmentation/graph_model.h"

namespace nadir {
namespace {

using Value = Graph::Value;
using Inputs = std::vector<torch::Tensor>;

class AttentionUnet final : public GraphModel {
 public:
  explicit AttentionUnet(const ModelShape& shape) : GraphModel(16) {
    const auto backbone = register_module("ResNet50_backbone", std::make_shared<torch::nn::Module>());
    const std::vector<Value> maps = keras_resnet50(graph_, graph_.input(shape.bands), *backbone);
    graph_.section(*this, kKerasNorm, KerasInit::kGlorotUniform);
    Value x = maps[3];
    for (std::size_t i = 0; i < 4; ++i) {
      const std::string up = "attention_unet_up" + std::to_string(i);
      const std::int64_t channels = 512 >> i;
      x = graph_.transposed_conv(up + "_decode_trans_conv", x, channels);
      x = graph_.relu(graph_.norm(up + "_decode_bn", x));
      x = i < 3 ? graph_.cat({x, gate(up + "_att", maps[2 - i], x, channels / 2)})
                : unit(up + "_conv_before_concat_0", x, channels);
      x = unit(up + "_conv_after_concat_0", x, channels);
      x = unit(up + "_conv_after_concat_1", x, channels);
    }
    outputs_ = {graph_.conv("attention_unet_output", x, shape.classes, {.kernel = 1, .bias = true})};
  }

 private:
  // What of the skip is let through, pixel by pixel, as `x` asks for it.
  Value gate(const std::string& name, Value skip, Value x, std::int64_t channels) {
    const Graph::Conv one{.kernel = 1, .bias = true};
    const Value theta = graph_.conv(name + "_theta_x", skip, channels, one);
    const Value phi = graph_.conv(name + "_phi_g", x, channels, one);
    const Value psi = graph_.conv(name + "_psi_f", graph_.relu(graph_.add(theta, phi)), 1, one);
    return graph_.apply({skip, psi}, skip.channels, [](const Inputs& in) { return in[0] * in[1].sigmoid(); });
  }
  Value unit(const std::string& name, Value x, std::int64_t out) {
    return graph_.relu(graph_.norm(name + "_bn", graph_.conv(name, x, out)));
  }
};

}  // namespace

void AttentionUnetConfig::fields(FieldVisitor& visit) { visit.field("encoder", encoder); }

void AttentionUnetConfig::validate() const {
  check_encoder("attention_unet", encoder, EncoderNeed::kHalfMap, {kKerasResnet50});
}

std::shared_ptr<Model> make_attention_unet(const AttentionUnetConfig& config, const ModelShape& shape) {
  if (config.encoder != kKerasResnet50) return make_encoder_attention_unet(config.encoder, shape);
  return std::make_shared<AttentionUnet>(shape);
}

}  // namespace nadir
