#include "train/objectives/labels.h"

#include "models/initial_weights.h"
#include "models/precision.h"
#include "train/batch_input.h"
#include "train/class_weighting.h"
#include "train/run_setup.h"
#include "train/task_scores.h"

namespace nadir {

LabelObjective::LabelObjective(const Recipe& recipe)
    : recipe_(recipe),
      loss_(recipe.loss, {parse_task(recipe.task), static_cast<std::int64_t>(recipe.classes.size())}) {}

ModelCard LabelObjective::describe(const PreparedData& data, ProgressObserver& log) const {
  const torch::ScalarType type = pixel_type_of(*data.source);
  const auto classes = static_cast<std::int64_t>(recipe_.classes.size());
  BandStats stats =
      band_statistics(*data.source, data.split.train, classes, log, recipe_.train.loader_threads + 1);
  ModelCard card = make_card(recipe_, data, make_normalization(recipe_.data.normalize, stats, type), type);
  if (recipe_.train.class_weights != "none") {
    if (stats.class_pixels.empty()) throw DataError("train.class_weights: the training part has no labels");
    if (recipe_.data.labels.from == "masks") {  // images are what is balanced, not pixels
      stats.class_pixels = count_images(*data.train_plain, classes, log);
      stats.class_scene_pixels.assign(recipe_.classes.size(), data.train_plain->size());
    }
    card.training["class_weights"] = weights_to_text(class_weights(stats, recipe_.train.class_weights));
  }
  return card;
}

std::shared_ptr<Model> LabelObjective::begin(const ObjectiveStart& start) {
  labels_ = start.data.labels;
  device_ = start.device;
  normalization_ = start.card.normalization;
  normalizer_.emplace(normalization_);
  normalizer_->to(device_);
  clear_scores();
  if (recipe_.train.class_weights != "none") {
    const std::vector<double> weights = weights_from_text(start.card.training.at("class_weights"));
    loss_ = TotalLoss(with_class_weights(recipe_.loss, weights),
                      {labels_.task, static_cast<std::int64_t>(weights.size())});
  }
  ModelCard card = start.card;
  card.architecture = start.resumed ? without_weights(recipe_.model) : recipe_.model;
  return make_network(recipe_, card, device_, start.log);
}

void LabelObjective::clear_scores() { scores_.emplace(task_scores(labels_, recipe_.train)); }

torch::Tensor LabelObjective::loss_of(const ModelOutput& output, const torch::Tensor& targets) const {
  return loss_(output.logits, targets, output.auxiliary, recipe_.train.auxiliary_weights);
}

Objective::Step LabelObjective::learn(Model& model, const Batch& batch) {
  if (!batch.targets.defined()) throw DataError(batch.ids.front() + ": has no labels to learn from");
  const NetworkInput input = make_input(batch, *normalizer_, device_, recipe_.train.channels_last);
  ModelOutput output;
  {
    const AutocastGuard autocast(recipe_.train.precision, device_);
    output = model.forward(input.images);
  }
  scores_->add(output.logits.detach(), input.targets);
  if (!input.mix_targets.defined()) return {loss_of(output, input.targets), output.logits};
  // Of a blended batch: against both targets, by their shares.
  return {(1 - batch.mix_weight) * loss_of(output, input.targets) +
              batch.mix_weight * loss_of(output, input.mix_targets),
          output.logits};
}

NamedScores LabelObjective::evaluate(Model& model, const Dataset& part, ProgressObserver& log) {
  const Evaluation found = nadir::evaluate(model, normalization_, part, labels_, recipe_.train, &loss_, log);
  NamedScores scores = {{"loss", found.loss}};
  for (const auto& each : found.scores.values()) scores.push_back(each);
  return scores;
}

}  // namespace nadir
