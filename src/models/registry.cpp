// Every network that YAML and C++ can name: one line each.
#include "models/classification/densenet.h"
#include "models/classification/efficientnet.h"
#include "models/classification/keras_classifier.h"
#include "models/classification/mobilenet_v2.h"
#include "models/classification/resnetv2.h"
#include "models/classification/swin_v2.h"
#include "models/classification/vit.h"
#include "models/classification/vit_scratch.h"
#include "models/initial_weights.h"
#include "models/segmentation/attention_unet.h"
#include "models/segmentation/deeplabv3.h"
#include "models/segmentation/enet.h"
#include "models/segmentation/esnet.h"
#include "models/segmentation/unet.h"
#include "models/segmentation/unet3plus.h"
#include "models/segmentation/unet6.h"
#include "models/segmentation/unetpp.h"
#include "nadir/model.h"

namespace nadir {
namespace {

void check(const std::string& name, const ModelShape& shape) {
  if (shape.bands < 1 || shape.classes < 1) {
    throw ConfigError("model " + name + ": has " + std::to_string(shape.bands) + " bands and " +
                      std::to_string(shape.classes) + " classes; it needs at least one of each");
  }
}

template <Config C>
ModelRegistry::Item network(const std::string& name, std::string summary,
                            std::shared_ptr<Model> (*make)(const C&, const ModelShape&)) {
  ModelRegistry::Item item = ModelRegistry::item<C>(name, std::move(summary), make);
  const auto resolve = item.resolve;
  item.resolve = [resolve, name](const ConfigNode& options) {
    const SplitOptions split = split_options(options);
    ConfigNode resolved = resolve(split.own);
    const ConfigNode initial = write_config(read_config<InitialWeightsConfig>(split.initial, name));
    for (const auto& [key, value] : initial.entries()) resolved.set(key, value);
    return resolved;
  };
  item.make = [name, resolve, make = item.make](const ConfigNode& options, const ModelShape& shape) {
    check(name, shape);
    const SplitOptions split = split_options(options);
    auto model = make(split.own, shape);
    load_initial_weights(*model, name, resolve(split.own),
                         read_config<InitialWeightsConfig>(split.initial, name), shape.observer);
    return model;
  };
  return item;
}

}  // namespace

const ModelRegistry& models() {
  // clang-format off: one line each
  static const ModelRegistry registry(
      "model",
      {
          network("unet", "U-Net, plain or with any encoder (Ronneberger et al. 2015)", make_unet),
          network("unet6", "U-Net without batch norm, six levels, for large patches", make_unet6),
          network("unetpp", "UNet++ with ELU and dropout, deep supervision (Zhou et al. 2018)", make_unetpp),
          network("unet3plus", "UNet 3+ with classification-guided module (Huang et al. 2020)",
                  make_unet3plus),
          network("attention_unet", "Attention U-Net with additive gates (Oktay et al. 2018)",
                  make_attention_unet),
          network("deeplabv3", "DeepLabV3, dilated ResNet and pyramid pooling (Chen et al. 2017)",
                  make_deeplabv3),
          network("enet", "ENet, small and fast (Paszke et al. 2016)", make_enet),
          network("esnet", "ESNet, small and fast (Lyu et al. 2019)", make_esnet),
          network("mobilenet_v2", "classifier: MobileNetV2 (Sandler et al. 2018)", make_mobilenet_v2),
          network("efficientnet", "classifier: EfficientNet b0 to b4 (Tan and Le 2019)", make_efficientnet),
          network("resnetv2", "classifier: ResNet with activation first (He et al. 2016)", make_resnetv2),
          network("densenet", "classifier: DenseNet (Huang et al. 2016)", make_densenet),
          network("keras_classifier", "classifier: MobileNetV2, ResNet50V2 or EfficientNet as in Keras",
                  make_keras_classifier),
          network("swin_v2", "classifier: Swin Transformer V2 t, s or b (Liu et al. 2022)", make_swin_v2),
          network("vit", "classifier: vision transformer, by default tiny (Dosovitskiy et al. 2020)",
                  make_vit),
          network("vit_scratch", "classifier: vision transformer for small data sets, Keras's example",
                  make_vit_scratch),
      });
  // clang-format on
  return registry;
}

}  // namespace nadir
