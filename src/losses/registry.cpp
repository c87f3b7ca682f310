#include "losses/binary_cross_entropy.h"
#include "losses/boundary.h"
#include "losses/cross_entropy.h"
#include "losses/dice.h"
#include "losses/focal.h"
#include "losses/jaccard.h"
#include "losses/lovasz.h"
#include "losses/studies.h"
#include "losses/tversky.h"

namespace nadir {

const LossRegistry& losses() {
  using R = LossRegistry;
  static const R registry(
      "loss",
      {
          R::item("cross_entropy", "-log probability of the true class", make_cross_entropy),
          R::item("binary_cross_entropy", "each class against the rest", make_binary_cross_entropy),
          R::item("dice", "1 - Dice coefficient of soft masks", make_dice),
          R::item("jaccard", "1 - IoU of soft masks", make_jaccard),
          R::item("tversky", "overlap in which misses and false alarms cost differently", make_tversky),
          R::item("focal_tversky", "a power of tversky: hard classes count more", make_focal_tversky),
          R::item("focal", "cross-entropy in which easy pixels count less", make_focal),
          R::item("lovasz", "the Jaccard loss's convex surrogate", make_lovasz),
          R::item("boundary", "distance of predicted pixels to the true boundary", make_boundary),
          R::item("study001.dice", "Dice of study 001: sigmoid, one sum, smooth 1", make_study001_dice),
          R::item("study001.bce_dice", "binary cross-entropy + study001.dice", make_study001_bce_dice),
          R::item("study002.dice", "Dice of study 002: mean probability of the true class",
                  make_study002_dice),
          R::item("study002.iou", "IoU of study 002: one sum over everything", make_study002_iou),
          R::item("study002.ce_dice", "beta CE + (1 - beta) study002.dice", make_study002_ce_dice),
          R::item("study003.cce_dice", "cross-entropy + study002.dice", make_study003_cce_dice),
          R::item("study003.unet3plus", "the same on sigmoid outputs", make_study003_unet3plus),
          R::item("study004.dice_focal", "Dice with class weights 1/K + focal", make_study004_dice_focal),
      });
  return registry;
}

}  // namespace nadir
