#include "models/initial_weights.h"

#include "models/encoders/encoder.h"
#include "models/imagenet_weights.h"
#include "models/load_weights.h"
#include "nadir/runtime.h"
#include "weights/download.h"

namespace nadir {
namespace {

constexpr const char* kNone = "none";
constexpr const char* kImagenet = "imagenet";

std::string text_of(const ConfigNode& options, const char* key) {
  const ConfigNode* value = options.find(key);
  return value == nullptr ? "" : value->text();
}

// What the table of published files calls it: the encoder, "densenet169", "efficientnet_b0", "mobilenet_v2".
std::string published_name(const std::string& name, const ConfigNode& options) {
  const std::string encoder = text_of(options, "encoder");
  if (!encoder.empty() && encoder != kNone) return encoder;
  const std::string variant = text_of(options, "variant");
  if (!variant.empty()) return name + "_" + variant;
  return name + text_of(options, "depth");
}

struct Part {
  std::string name;
  std::shared_ptr<torch::nn::Module> module;
};

// The part that published weights are for: the encoder of a segmentation network.
std::optional<Part> encoder_of(const Model& model) {
  for (const auto& child : model.named_children()) {
    if (std::dynamic_pointer_cast<Encoder>(child.value())) return Part{child.key(), child.value()};
  }
  return std::nullopt;
}

WeightsReport load_published(Model& model, const std::string& network, ProgressObserver& observer) {
  const std::filesystem::path file = fetch(imagenet_url(network), cache_folder(), observer);
  const LoadRules rules{.backbone = true};
  const auto encoder = encoder_of(model);
  return encoder ? load_weights(*encoder->module, file, rules) : load_weights(model, file, rules);
}

}  // namespace

void InitialWeightsConfig::fields(FieldVisitor& visit) {
  visit.field("weights", weights);
  visit.field("partial", partial);
}

SplitOptions split_options(const ConfigNode& options) {
  SplitOptions split;
  split.own = options;
  if (!options.is_map()) return split;
  split.initial.set_origin(options.origin());
  for (const char* key : {"weights", "partial"}) {
    if (const ConfigNode* value = options.find(key)) split.initial.set(key, *value);
    std::erase_if(split.own.entries(), [&](const ConfigNode::Entry& each) { return each.first == key; });
  }
  return split;
}

void load_initial_weights(Model& model, const std::string& name, const ConfigNode& options,
                          const InitialWeightsConfig& initial, ProgressObserver* observer) {
  if (initial.weights == kNone || initial.weights.empty()) return;
  ProgressObserver& listener = observer == nullptr ? silent_observer() : *observer;
  const WeightsReport report =
      initial.weights == kImagenet
          ? load_published(model, published_name(name, options), listener)
          : load_weights(model, initial.weights, WeightsOptions{.partial = initial.partial});
  listener.message("weights: " + report.text());
}

Component without_weights(Component model) {
  std::erase_if(model.options.entries(), [](const ConfigNode::Entry& each) {
    return each.first == "weights" || each.first == "partial";
  });
  return model;
}

}  // namespace nadir
