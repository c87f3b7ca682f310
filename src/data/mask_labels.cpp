#include <algorithm>

#include "nadir/data.h"

namespace nadir {
namespace {

class MaskLabels final : public Transform {
 public:
  MaskLabels(const LabelConfig& config, const LabelSpec& labels)
      : multilabel_(labels.task == Task::kMultilabelClassification),
        largest_(config.rule == "largest"),
        labelled_(config.labelled),
        share_(config.share) {
    share_.resize(labels.classes.size(), config.share.front());
  }

  Sample apply(Sample sample, RandomStream&) const override {
    if (sample.target.defined()) sample.target = label_of(sample.target);
    return sample;
  }

 private:
  // Pixels of each class, and those that have a label at all.
  struct Pixels {
    std::vector<double> of_class;
    std::vector<double> labelled;
  };

  Pixels count(const torch::Tensor& mask) const {
    Pixels pixels;
    const bool planes = mask.dim() == 3;
    const torch::Tensor values = planes ? torch::Tensor() : torch::bincount(mask.reshape({-1}), {}, 256);
    for (std::size_t k = 0; k < share_.size(); ++k) {
      const auto index = static_cast<std::int64_t>(k);
      const double all = static_cast<double>(mask.size(-1) * mask.size(-2));
      if (planes) {
        pixels.of_class.push_back(mask[index].eq(1).sum().item<double>());
        pixels.labelled.push_back(all - mask[index].eq(kIgnore).sum().item<double>());
      } else {
        pixels.of_class.push_back(values[index].item<double>());
        pixels.labelled.push_back(all - values[kIgnore].item<double>());
      }
    }
    return pixels;
  }

  torch::Tensor label_of(const torch::Tensor& mask) const {
    const Pixels pixels = count(mask);
    const double area = static_cast<double>(mask.size(-1) * mask.size(-2));
    const auto counts = [&](std::size_t k) {
      return pixels.labelled[k] > 0 && pixels.labelled[k] >= labelled_ * area;
    };
    const auto present = [&](std::size_t k) {
      return pixels.of_class[k] > 0 && pixels.of_class[k] >= share_[k] * pixels.labelled[k];
    };
    if (multilabel_) {
      torch::Tensor label = torch::empty({static_cast<std::int64_t>(share_.size())}, torch::kUInt8);
      for (std::size_t k = 0; k < share_.size(); ++k)
        label.data_ptr<std::uint8_t>()[k] = counts(k) ? present(k) : kIgnore;
      return label;
    }
    if (!counts(0)) return torch::scalar_tensor(kIgnore, torch::kInt64);
    std::size_t best = 0;
    double most = largest_ ? pixels.of_class[0] : 0;
    for (std::size_t k = 1; k < share_.size(); ++k) {
      if (pixels.of_class[k] <= most || !(largest_ || present(k))) continue;
      most = pixels.of_class[k];
      best = k;
    }
    return torch::scalar_tensor(static_cast<std::int64_t>(best), torch::kInt64);
  }

  bool multilabel_;
  bool largest_;
  double labelled_;
  std::vector<double> share_;  // [K]
};

}  // namespace

void LabelConfig::fields(FieldVisitor& visit) {
  visit.field("from", from, {"source", "masks"});
  visit.field("masks", masks, {"multiclass", "multilabel"});
  visit.field("share", share, between(0, 1));
  visit.field("rule", rule, {"largest", "present"});
  visit.field("labelled", labelled, between(0, 1));
}

std::unique_ptr<Transform> make_mask_labels(const LabelConfig& config, const LabelSpec& labels) {
  if (!labels_images(labels.task))
    throw ConfigError("data.labels: task " + to_string(labels.task) +
                      " labels pixels; labels from masks are for classification and "
                      "multilabel_classification");
  if (config.share.empty() || (config.share.size() > 1 && config.share.size() != labels.classes.size())) {
    throw ConfigError("data.labels: share has " + std::to_string(config.share.size()) + " values for " +
                      std::to_string(labels.classes.size()) + " classes; give one, or one for each");
  }
  return std::make_unique<MaskLabels>(config, labels);
}

std::vector<std::int64_t> count_images(const Dataset& dataset, std::int64_t classes,
                                       ProgressObserver& observer) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(classes), 0);
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    if (stop_requested()) throw Interrupted("counting the classes' images was interrupted");
    const torch::Tensor target = dataset.get(0, i).target;
    for (std::int64_t k = 0; target.defined() && k < classes; ++k) {
      const bool has =
          target.dim() == 0 ? target.item<std::int64_t>() == k : target[k].item<std::int64_t>() == 1;
      counts[static_cast<std::size_t>(k)] += has ? 1 : 0;
    }
    observer.progress({"count the classes' images", i + 1, dataset.size(), ""});
  }
  return counts;
}

}  // namespace nadir
