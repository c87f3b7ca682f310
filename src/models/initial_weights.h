// The options that every network has beside its own: where its first weights come from.
#pragma once

#include "nadir/model.h"

namespace nadir {

struct InitialWeightsConfig {
  std::string weights =
      "none";            // none: random; imagenet: published ones, of the encoder where there is one; a file
  bool partial = false;  // of a file: take what fits
  void fields(FieldVisitor& visit);
};

// A network's options, with those of InitialWeightsConfig apart.
struct SplitOptions {
  ConfigNode own, initial;
};
SplitOptions split_options(const ConfigNode& options);

// Puts the weights into a network that was just made. `name` and `options` (its own, resolved) say which one
// it is. Tells `observer`, which may be null. Throws ConfigError and ModelError.
void load_initial_weights(Model& model, const std::string& name, const ConfigNode& options,
                          const InitialWeightsConfig& initial, ProgressObserver* observer);

// The same network for which weights are at hand: nothing is fetched or read when it is made.
Component without_weights(Component model);

}  // namespace nadir
