// To say what pixels or images show: a network's logits against targets.
#pragma once

#include <optional>

#include "train/objective.h"

namespace nadir {

class LabelObjective final : public Objective {
 public:
  explicit LabelObjective(const Recipe& recipe);
  ModelCard describe(const PreparedData& data, ProgressObserver& log) const override;
  std::shared_ptr<Model> begin(const ObjectiveStart& start) override;
  Step learn(Model& model, const Batch& batch) override;
  NamedScores scores() const override { return scores_->values(); }
  const TaskScores* shown_scores() const override { return &*scores_; }
  void clear_scores() override;
  std::vector<double> score_state() const override { return scores_->state(); }
  void load_score_state(const std::vector<double>& state) override { scores_->load_state(state); }
  NamedScores evaluate(Model& model, const Dataset& part, ProgressObserver& log) override;

 private:
  torch::Tensor loss_of(const ModelOutput& output, const torch::Tensor& targets) const;

  Recipe recipe_;
  TotalLoss loss_;
  LabelSpec labels_;
  Normalization normalization_;
  std::optional<Normalizer> normalizer_;
  torch::Device device_ = torch::kCPU;
  std::optional<TaskScores> scores_;  // of the epoch under way
};

}  // namespace nadir
