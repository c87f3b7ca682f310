#include "models/parity_networks.h"

#include <torch/nn/modules/dropout.h>

#include <fstream>
#include <set>

#include "golden.h"
#include "nadir/model_file.h"

namespace nadir::golden {
namespace {

using Json = nlohmann::ordered_json;

const std::vector<Reference>& references() {
  static const std::vector<Reference> list = {
      {"seed002-unet", "unet"},
      {"seed002-enet", "enet"},
      {"seed002-esnet", "esnet"},
      {"seed004-unet6", "unet6", "{}", Activation::kSoftmax},
      {"seed001-unetpp", "unetpp", "{}", Activation::kSigmoid},
      {"seed001-unetpp-deep", "unetpp", "{deep_supervision: true}", Activation::kSigmoid},
      // A batch norm over two pixels makes its training chaotic: the fourth loss of this very program changes
      // by 3e-5 of itself between a CPU's AVX-512 and plain instructions, so it cannot be compared to 1e-7.
      {"torchvision-deeplabv3-resnet50", "deeplabv3", "{}", Activation::kNone, /*sized=*/false, /*losses=*/3},
      {"smp-deeplabv3-resnet18", "deeplabv3", "{encoder: resnet18}"},
      {"smp-deeplabv3-mobilenet_v2", "deeplabv3", "{encoder: mobilenet_v2}"},
      {"smp-deeplabv3-tu-efficientnet_b0", "deeplabv3", "{encoder: efficientnet_b0}"},
      {"smp-deeplabv3-tu-resnetv2_50", "deeplabv3", "{encoder: resnet50_v2}"},
      {"smp-deeplabv3plus-resnet50", "deeplabv3plus"},
      {"smp-deeplabv3plus-mobilenet_v2", "deeplabv3plus", "{encoder: mobilenet_v2}"},
      {"smp-fpn-resnet18", "fpn", "{encoder: resnet18}"},
      {"smp-segformer-mit_b0", "segformer"},
      {"smp-segformer-resnet18", "segformer", "{encoder: resnet18}"},
      {"smp-unet-densenet121", "unet", "{encoder: densenet121}"},
      {"smp-unet-mit_b2", "unet", "{encoder: mit_b2}"},
      {"smp-unet-mobilenet_v2", "unet", "{encoder: mobilenet_v2}"},
      {"smp-unet-resnet34", "unet", "{encoder: resnet34}"},
      {"smp-unet-tu-efficientnet_b4", "unet", "{encoder: efficientnet_b4}"},
      {"smp-unet-tu-tf_efficientnet_lite0", "unet", "{encoder: efficientnet_lite0}"},
      {"smp-unet-tu-resnetv2_50", "unet", "{encoder: resnet50_v2}"},
      {"smp-unetplusplus-resnet18", "unetpp", "{encoder: resnet18}"},
      {"smp-decoder-unet-inception-v3", "unet", "{encoder: inception_v3}"},
      {"smp-decoder-unet-swin-v2-t", "unet", "{encoder: swin_v2_t}"},
      {"smp-decoder-fpn-vit-tiny", "fpn", "{encoder: vit_tiny}"},
      {"paper-attention-unet-resnet18", "attention_unet", "{encoder: resnet18}"},
      {"paper-unet3plus-resnet18", "unet3plus", "{encoder: resnet18}"},
      {"smp-unet-resnet50", "unet", "{encoder: resnet50}"},
      {"seed000-unet-resnet34", "unet", "{encoder: keras.resnet34}", Activation::kSigmoid},
      {"seed003-unet-resnet50", "unet", "{encoder: keras.resnet50}", Activation::kSoftmax},
      {"seed003-attention-unet-resnet50", "attention_unet", "{}", Activation::kSoftmax},
      {"seed003-unet3plus-cgm-resnet50", "unet3plus", "{}", Activation::kSigmoid},
      {"seed003-vit-scratch", "vit_scratch", "{}", Activation::kSigmoid, /*sized=*/true},
      {"seed003-vit-tiny", "vit", "{flavour: keras_cv}", Activation::kSigmoid, /*sized=*/true},
      {"timm-vit-tiny-patch16-224", "vit", "{}", Activation::kNone, /*sized=*/true},
      {"timm-efficientnet-b2", "efficientnet", "{variant: b2}"},
      {"timm-tf-efficientnet-lite0", "efficientnet", "{variant: lite0}"},
      {"timm-resnetv2-50", "resnetv2"},
      {"torchvision-mobilenet-v2", "mobilenet_v2"},
      {"torchvision-swin-v2-b", "swin_v2"},
      {"torchvision-densenet169", "densenet"},
      {"keras-mobilenet-v2", "keras_classifier", "{encoder: keras.mobilenet_v2}", Activation::kSigmoid},
      {"keras-resnet50v2", "keras_classifier", "{encoder: keras.resnet50v2}", Activation::kSigmoid},
      {"keras-efficientnet-b2", "keras_classifier", "{encoder: keras.efficientnet_b2}", Activation::kSigmoid},
      {"keras-unet-efficientnetb0", "unet", "{encoder: keras.efficientnet_b0}", Activation::kSoftmax},
      {"keras-unet-densenet169", "unet", "{encoder: keras.densenet169}", Activation::kSigmoid},
      {"keras-unet-inceptionv3", "unet", "{encoder: keras.inception_v3}", Activation::kSigmoid,
       /*sized=*/false, /*losses=*/4, /*ordered=*/false},
      {"keras-unet-inceptionresnetv2", "unet", "{encoder: keras.inception_resnet_v2}", Activation::kSigmoid,
       /*sized=*/false, /*losses=*/4, /*ordered=*/false},
  };
  return list;
}

std::int64_t classes(const Json& file) {
  const Json& output = file.contains("outputs") ? file.at("outputs").back() : file.at("output");
  return output.at("shape").at(1).get<std::int64_t>();
}

std::set<std::string> names(const Json& file, const char* key) {
  return file.contains(key) ? file.at(key).get<std::set<std::string>>() : std::set<std::string>();
}

torch::Tensor activated(const torch::Tensor& logits, Activation activation) {
  switch (activation) {
    case Activation::kNone:
      return logits;
    case Activation::kSigmoid:
      return logits.sigmoid();
    case Activation::kSoftmax:
      return logits.softmax(1);
  }
  throw std::logic_error("an activation of no kind");
}

template <class Dropout>
void disable(torch::nn::Module& module) {
  if (auto* dropout = dynamic_cast<Dropout*>(&module)) dropout->options.p(0);
}

}  // namespace

std::optional<Reference> reference(const std::filesystem::path& file) {
  std::optional<Reference> best;
  for (const Reference& each : references()) {
    if (!file.stem().string().starts_with(each.prefix)) continue;
    if (!best || each.prefix.size() > best->prefix.size()) best = each;
  }
  return best;
}

bool is_network(const Json& file) {
  return (file.contains("tensors") || file.contains("tensors_fnv1a")) && file.contains("input");
}

Json read_ordered(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) throw std::runtime_error("no golden " + file.string());
  return Json::parse(stream);
}

std::shared_ptr<Model> make_filled(const Reference& reference, const Json& file) {
  const auto shape = file.at("input").at("shape").get<std::vector<std::int64_t>>();
  ConfigNode options = parse_yaml(reference.options, reference.prefix);
  if (reference.sized) {
    options.set("image_size", ConfigNode::list({ConfigNode::scalar(std::to_string(shape[2])),
                                                ConfigNode::scalar(std::to_string(shape[3]))}));
  }
  const auto model = models().make(reference.network, options, ModelShape{shape[1], classes(file)});
  const std::set<std::string> other = names(file, "fill_other"), zero = names(file, "fill_zero");
  const std::set<std::string> keep = names(file, "fill_keep");
  model->to(torch::kFloat64);
  const torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : named_state(*model)) {
    if (keep.contains(name.substr(name.rfind('.') + 1))) continue;
    const Kind kind = zero.contains(name) ? Kind::kZero : other.contains(name) ? Kind::kOther : Kind::kByName;
    tensor.copy_(state(name, tensor.sizes(), /*is_norm=*/true, kind));
  }
  model->eval();
  return model;
}

std::vector<torch::Tensor> outputs(Model& model, const torch::Tensor& image, Activation activation) {
  const ModelOutput output = model.forward(image);
  std::vector<torch::Tensor> list;
  for (const torch::Tensor& each : output.auxiliary) list.push_back(activated(each, activation));
  list.push_back(activated(output.logits, activation));
  return list;
}

torch::Tensor input(const Json& file, torch::ScalarType type) {
  const Json& described = file.at("input");
  return units(described.at("name").get<std::string>(),
               described.at("shape").get<std::vector<std::int64_t>>())
      .to(type);
}

void disable_dropout(Model& model) {
  for (const auto& each : model.modules()) {
    disable<torch::nn::DropoutImpl>(*each);
    disable<torch::nn::Dropout2dImpl>(*each);
  }
}

}  // namespace nadir::golden
