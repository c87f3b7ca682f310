// The losses that the published studies ran, as their code has them, so that their figures can be met. Where
// a study differs from what its text says, docs/losses.md tells. For work of one's own the plain losses are
// better.
#pragma once

#include "losses/term.h"

namespace nadir {

struct StudyConfig : TermConfig {};
// 1 - Dice, one sum over batch, pixels and classes. 001: sigmoid, smooth 1. 002, 003: softmax, smooth 1e-6,
// so that Dice is the mean probability of the true class.
std::unique_ptr<Loss> make_study001_dice(const StudyConfig& config, const LossContext& context);
std::unique_ptr<Loss> make_study002_dice(const StudyConfig& config, const LossContext& context);
std::unique_ptr<Loss> make_study002_iou(const StudyConfig& config, const LossContext& context);

// Binary cross-entropy + study001.dice.
std::unique_ptr<Loss> make_study001_bce_dice(const StudyConfig& config, const LossContext& context);

struct Study002Config : TermConfig {
  std::optional<double> beta;  // beta CE + (1 - beta) Dice, 0 to 1; left out: CE + Dice
  void fields(FieldVisitor& visit) {
    TermConfig::fields(visit);
    visit.field("beta", beta, between(0, 1));
  }
};
std::unique_ptr<Loss> make_study002_ce_dice(const Study002Config& config, const LossContext& context);

// Categorical cross-entropy + Dice of study 002. unet3plus: of sigmoid outputs; the cross-entropy divides
// them by their sum over the classes, as Keras does, and the Dice does not.
std::unique_ptr<Loss> make_study003_cce_dice(const StudyConfig& config, const LossContext& context);
std::unique_ptr<Loss> make_study003_unet3plus(const StudyConfig& config, const LossContext& context);

// Dice of each class times 1 / K, which cannot fall below 1 - 1 / K, + focal loss averaged over pixels and
// classes.
std::unique_ptr<Loss> make_study004_dice_focal(const StudyConfig& config, const LossContext& context);

}  // namespace nadir
