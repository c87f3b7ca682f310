#include "models/gate.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "models/placement.h"

namespace nadir {
namespace {

constexpr double kClosed = -1e4;  // a logit whose sigmoid is 0, and finite, so that losses stay so too

}  // namespace

ClassGate::ClassGate(const std::filesystem::path& classifier, const ModelCard& card,
                     const std::vector<double>& thresholds, torch::Device device)
    : classifier_(load_model(classifier)),
      normalizer_(classifier_.card.normalization),
      device_(device),
      exclusive_(!is_multilabel(card.task)) {
  const ModelCard& own = classifier_.card;
  const std::string name = "gate " + classifier.string();
  if (!labels_images(own.task))
    throw ModelError(name + ": labels pixels; a gate is a classifier of whole images");
  if (own.bands.size() != card.bands.size())
    throw ModelError(name + ": looks at " + join_words(own.bands) + ", the gated model at " +
                     join_words(card.bands));
  const std::vector<std::string> known = class_names(own.classes);
  for (const ClassInfo& each : card.classes) {
    const auto found = std::find(known.begin(), known.end(), each.name);
    from_.push_back(found == known.end() ? -1 : found - known.begin());
  }
  if (std::all_of(from_.begin(), from_.end(), [](std::int64_t k) { return k < 0; }))
    throw ModelError(name + ": tells " + join_words(known) + ", the gated model " +
                     join_words(class_names(card.classes)) + "; no class is common to both");
  if (thresholds.size() != 1 && thresholds.size() != known.size())
    throw ConfigError(name + ": " + std::to_string(thresholds.size()) + " thresholds for " +
                      counted(std::ssize(known), "class", "classes") + "; give one, or one for each");
  std::vector<double> all = thresholds;
  all.resize(known.size(), thresholds.front());
  thresholds_ = at::tensor(all).to(device);
  place_model(*classifier_.model, device, /*channels_last=*/true);
  normalizer_.to(device);
}

torch::Tensor ClassGate::probabilities(const torch::Tensor& images, const torch::Tensor& valid) const {
  const ModelCard& own = classifier_.card;
  torch::Tensor input = normalizer_(images.to(device_), valid.defined() ? valid.to(device_) : valid);
  std::vector<std::int64_t> size = own.image_size;
  const std::int64_t longest = std::max(input.size(2), input.size(3));
  if (size.empty() && own.tile > 0) {
    const auto scaled = [&](std::int64_t side) {
      return std::max<std::int64_t>(
          1, std::llround(static_cast<double>(side * own.tile) / static_cast<double>(longest)));
    };
    size = {scaled(input.size(2)), scaled(input.size(3))};
  }
  if (!size.empty() && input.sizes().slice(2) != at::IntArrayRef(size)) {
    input = at::_upsample_bilinear2d_aa(input, size, /*align_corners=*/false);
  }
  const torch::Tensor logits =
      classifier_.model->forward(input.contiguous(at::MemoryFormat::ChannelsLast)).logits.to(at::kFloat) /
      own.temperature;
  return is_multilabel(own.task) ? logits.sigmoid() : logits.softmax(1);
}

torch::Tensor ClassGate::passes(const torch::Tensor& images, const torch::Tensor& valid) const {
  const c10::InferenceMode inference;
  const torch::Tensor p = probabilities(images, valid);  // [N, classifier's K]
  const torch::Tensor seen = p.ge(thresholds_);
  std::vector<torch::Tensor> columns, likely;
  for (const std::int64_t k : from_) {
    columns.push_back(k < 0 ? at::ones({p.size(0)}, seen.options()) : seen.select(1, k));
    likely.push_back(k < 0 ? at::zeros({p.size(0)}, p.options()) : p.select(1, k));
  }
  torch::Tensor passes = at::stack(columns, 1);
  if (!exclusive_) return passes;
  const torch::Tensor none = passes.any(1, /*keepdim=*/true).logical_not();
  const torch::Tensor best = at::zeros_like(passes).scatter(1, at::stack(likely, 1).argmax(1, true), true);
  return passes.logical_or(best.logical_and(none));
}

torch::Tensor ClassGate::close(const torch::Tensor& logits, const torch::Tensor& passes) {
  const torch::Tensor shut = passes.to(logits.device()).logical_not().unsqueeze(2).unsqueeze(3);
  return logits.masked_fill(shut, kClosed);
}

}  // namespace nadir
