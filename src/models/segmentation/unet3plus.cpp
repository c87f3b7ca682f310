#include "models/segmentation/unet3plus.h"

#include <torch/nn.h>

#include "models/blocks/padding.h"
#include "models/encoders/encoder.h"
#include "models/encoders/keras_resnet50.h"
#include "models/segmentation/encoder_unet3plus.h"
#include "models/segmentation/graph_model.h"

namespace nadir {
namespace {

using Value = Graph::Value;
using Inputs = std::vector<torch::Tensor>;

class Unet3plus final : public GraphModel {
 public:
  Unet3plus(const Unet3plusConfig& config, const ModelShape& shape) : GraphModel(16) {
    const auto backbone = register_module("ResNet50_backbone", std::make_shared<torch::nn::Module>());
    const std::vector<Value> maps = keras_resnet50(graph_, graph_.input(shape.bands), *backbone);
    graph_.section(*this, kKerasNorm, KerasInit::kGlorotUniform);
    const Value deep = maps[3];
    // Every level joins what lies below, at its side and above; the encoder's first map is not used.
    const Value d0 = level(0, {graph_.up_bilinear(deep), maps[2], graph_.max_pool(maps[1])});
    const Value d1 = level(1, {graph_.up_bilinear(deep, 4), graph_.up_bilinear(d0), maps[1]});
    const Value d2 =
        level(2, {graph_.up_bilinear(deep, 8), graph_.up_bilinear(d0, 4), graph_.up_bilinear(d1)});
    Value d3 = unit("unet3plus_plain_up3_conv_before_concat_0", graph_.up_bilinear(d2), kWide);
    d3 = unit("unet3plus_plain_up3_conv_after_concat_0", d3, kWide);
    if (config.deep_supervision) supervise({d2, d1, d0, deep}, shape.classes);
    outputs_.push_back(head("output_final", d3, shape.classes));
    if (config.classification_guided) guide(deep, config.dropout);
  }

 private:
  static constexpr std::int64_t kNarrow = 32, kWide = 160;

  Value unit(const std::string& name, Value x, std::int64_t out) {
    return graph_.relu(graph_.norm(name + "_bn", graph_.conv(name, x, out)));
  }
  Value level(int index, const std::vector<Value>& inputs) {
    const std::string i = std::to_string(index);
    std::vector<Value> parts;
    for (const Value& each : inputs) {
      parts.push_back(
          unit("unet3plus_down_from" + i + "_to" + std::to_string(parts.size()) + "_0", each, kNarrow));
    }
    return unit("unet3plus_fusion_conv_" + i + "_0", graph_.cat(parts), kWide);
  }
  Value head(const std::string& name, Value x, std::int64_t classes) {
    return graph_.conv("unet3plus_" + name, x, classes, {.bias = true});
  }
  void supervise(const std::vector<Value>& maps, std::int64_t classes) {
    std::int64_t factor = 2;
    for (const Value& each : maps) {
      const Value small = head("output_conv1_" + std::to_string(outputs_.size()), each, classes);
      outputs_.push_back(graph_.up_bilinear(small, factor));
      factor *= 2;
    }
  }
  void guide(Value deep, double dropout) {
    auto drop = graph_.layer("cgm_dropout", torch::nn::Dropout(dropout));
    Value x = graph_.apply({deep}, deep.channels, [drop](const Inputs& in) mutable { return drop(in[0]); });
    x = graph_.conv("cgm_conv", x, 32, {.kernel = 1, .bias = true});
    const Value m = graph_.apply({x}, 1, [](const Inputs& in) {
      return in[0].amax({1, 2, 3}, /*keepdim=*/true);
    });
    for (Value& each : outputs_) {
      each = graph_.apply({each, m}, each.channels, [](const Inputs& in) {
        return product_logit(full_precision(in[0]), full_precision(in[1]));
      });
    }
  }
};

}  // namespace

torch::Tensor product_logit(const torch::Tensor& a, const torch::Tensor& b) {
  // 1 - p = (1 - sigmoid(a)) + sigmoid(a) (1 - sigmoid(b))
  const torch::Tensor log_p = torch::log_sigmoid(a) + torch::log_sigmoid(b);
  return log_p - torch::logaddexp(torch::log_sigmoid(-a), torch::log_sigmoid(a) + torch::log_sigmoid(-b));
}

void Unet3plusConfig::fields(FieldVisitor& visit) {
  visit.field("encoder", encoder);
  visit.field("deep_supervision", deep_supervision);
  visit.field("classification_guided", classification_guided);
  visit.field("dropout", dropout, from_below(0, 1));
}

void Unet3plusConfig::validate() const {
  check_encoder("unet3plus", encoder, EncoderNeed::kHalfMap, {kKerasResnet50});
}

std::shared_ptr<Model> make_unet3plus(const Unet3plusConfig& config, const ModelShape& shape) {
  if (config.encoder != kKerasResnet50) return make_encoder_unet3plus(config, shape);
  return std::make_shared<Unet3plus>(config, shape);
}

}  // namespace nadir
