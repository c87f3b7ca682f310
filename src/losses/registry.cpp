#include "losses/cross_entropy.h"
#include "losses/dice.h"

namespace nadir {

const LossRegistry& losses() {
  using R = LossRegistry;
  static const R registry(
      "loss", {
                  R::item("cross_entropy", "-log probability of the true class", make_cross_entropy),
                  R::item("dice", "1 - Dice coefficient of soft masks", make_dice),
              });
  return registry;
}

}  // namespace nadir
