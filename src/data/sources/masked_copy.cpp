#include "data/sources/masked_copy.h"

#include "core/text.h"

namespace nadir {
namespace {

// torch compares no uint16.
torch::Tensor comparable(const torch::Tensor& pixels) { return pixels.to(torch::kFloat32); }

}  // namespace

void MaskedCopyConfig::fields(FieldVisitor& visit) {
  visit.field("label_value", label_value);
  visit.field("label_class", label_class);
}

MaskedCopy::MaskedCopy(const MaskedCopyConfig& config, const LabelSpec& labels) : config_(config) {
  const std::vector<std::string> names = class_names(labels.classes);
  if (labels.task != Task::kMulticlass || names.size() != 2) {
    throw ConfigError("labels: masked_copy tells two classes apart, and there are " +
                      counted(static_cast<std::int64_t>(names.size()), "class", "classes") +
                      "; list two, or use label rasters");
  }
  if (config.label_class.empty() || config.label_class == names[1]) return;
  if (config.label_class != names[0]) {
    throw ConfigError("label_class: there is no class '" + config.label_class + "'; classes are " +
                      join_words(names));
  }
  std::swap(labelled_, other_);
}

torch::Tensor MaskedCopy::classes(const torch::Tensor& labelled) const {
  return torch::where(labelled, torch::tensor(labelled_, torch::kUInt8),
                      torch::tensor(other_, torch::kUInt8));
}

torch::Tensor MaskedCopy::target(const torch::Tensor& image, const torch::Tensor& copy,
                                 const std::string& what) const {
  const torch::Tensor original = comparable(image);
  const torch::Tensor masked = comparable(copy);
  const torch::Tensor labelled = masked.eq(config_.label_value).all(0);
  const torch::Tensor same = (masked.eq(original) | (masked.isnan() & original.isnan())).all(0);
  const auto strange = labelled.logical_or(same).logical_not().sum().item<std::int64_t>();
  if (strange > 0) {
    throw DataError(what + ": is no copy of the image: " + counted(strange, "pixel") +
                    (strange == 1 ? " is" : " are") + " neither the image's nor " +
                    shortest(config_.label_value) + " in all bands; choose another label_value or file");
  }
  const torch::Tensor unknown = original.eq(config_.label_value).all(0);
  return classes(labelled).masked_fill_(unknown, kIgnore);
}

}  // namespace nadir
