#include "models/views/grad_cam.h"

#include <torch/torch.h>

#include "models/views/observe.h"

namespace nadir {
namespace {

using torch::Tensor;

// Only what depends on the image takes part in the gradient: weights are no maps.
class FixedParameters {
 public:
  explicit FixedParameters(const Model& model) {
    for (const Tensor& each : model.parameters()) {
      if (each.requires_grad()) freed_.push_back(each);
    }
    set(false);
  }
  ~FixedParameters() { set(true); }
  FixedParameters(const FixedParameters&) = delete;
  FixedParameters& operator=(const FixedParameters&) = delete;

 private:
  void set(bool trainable) {
    for (Tensor& each : freed_) each.requires_grad_(trainable);
  }
  std::vector<Tensor> freed_;
};

bool is_map(const c10::IValue& value) {
  return value.isTensor() && value.toTensor().defined() && value.toTensor().dim() == 4 &&
         value.toTensor().requires_grad();
}

// What a classifier takes the mean of: the last maps that lose both of their sides. [N, C, H, W]
class PooledMaps final : public OperationObserver {
 public:
  bool enter(const at::RecordFunction& call) override {
    if (operation_name(call) != "mean" || call.inputs().size() < 2) return false;
    const auto inputs = call.inputs();
    if (!is_map(inputs[0]) || !inputs[1].isIntList() || inputs[1].toIntVector().size() != 2) return false;
    maps_ = inputs[0].toTensor();
    channels_last_ = inputs[1].toIntVector()[0] == 1;
    return false;
  }
  void leave(const at::RecordFunction&) override {}
  const Tensor& maps() const { return maps_; }
  Tensor to_planes(const Tensor& maps) const { return channels_last_ ? maps.permute({0, 3, 1, 2}) : maps; }

 private:
  Tensor maps_;
  bool channels_last_ = false;  // [N, H, W, C]
};

// The coarsest maps of more than a pixel, as the last operation of their size takes them.
class CoarsestMaps final : public OperationObserver {
 public:
  bool enter(const at::RecordFunction& call) override {
    for (const c10::IValue& each : call.inputs()) {
      if (is_map(each)) consider(each.toTensor());
    }
    return false;
  }
  void leave(const at::RecordFunction&) override {}
  const Tensor& maps() const { return maps_; }

 private:
  void consider(const Tensor& maps) {
    const std::int64_t pixels = maps.size(2) * maps.size(3);
    if (pixels == 1 || (maps_.defined() && pixels > maps_.size(2) * maps_.size(3))) return;
    maps_ = maps;
  }
  Tensor maps_;
};

// Of both kinds, as it is known only after the pass what the network gives.
class Maps final : public OperationObserver {
 public:
  bool enter(const at::RecordFunction& call) override {
    pooled_.enter(call);
    coarsest_.enter(call);
    return false;
  }
  void leave(const at::RecordFunction&) override {}
  const PooledMaps& pooled() const { return pooled_; }
  const CoarsestMaps& coarsest() const { return coarsest_; }

 private:
  PooledMaps pooled_;
  CoarsestMaps coarsest_;
};

Tensor weighted_sum(const Tensor& maps, const Tensor& gradient) {
  const Tensor weights = gradient.mean({2, 3}, /*keepdim=*/true);
  return (weights * maps).sum(1).relu().squeeze(0).detach().contiguous();
}

}  // namespace

Tensor grad_cam(Model& model, const Tensor& image, std::int64_t class_index) {
  const FixedParameters fixed(model);
  const torch::AutoGradMode with_gradients(true);
  Maps observer;
  const Tensor logits = observe_forward(model, image.detach().clone().requires_grad_(true), observer).logits;
  if (class_index < 0 || class_index >= logits.size(1)) {
    throw std::out_of_range("class " + std::to_string(class_index) + " of " + std::to_string(logits.size(1)));
  }
  const bool classifies = logits.dim() == 2;
  const Tensor maps = classifies ? observer.pooled().maps() : observer.coarsest().maps();
  if (!maps.defined()) {
    throw ModelError("the network makes no maps of an image of " + std::to_string(image.size(2)) + " x " +
                     std::to_string(image.size(3)) + " pixels that could be explained");
  }
  const Tensor gradient = torch::autograd::grad({logits.select(1, class_index).sum()}, {maps})[0];
  if (!classifies) return weighted_sum(maps, gradient);
  return weighted_sum(observer.pooled().to_planes(maps), observer.pooled().to_planes(gradient));
}

}  // namespace nadir
