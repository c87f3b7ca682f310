// Freezing by layer index.
#pragma once

#include "nadir/model.h"

namespace nadir {

// The layers of a part ("" is the whole network), in the order in which set_trainable_from counts them: the
// full name of each, "" for those without parameters. Keras's networks count as Keras's `layers` do,
// activations, sums and paddings included; all others count the modules that have parameters. Throws
// ModelError, with the parts.
std::vector<std::string> layers_of(const Model& model, const std::string& part);

// Freezes a part but for its layers from `first` on, as Keras's `for layer in part.layers[first:]`. Call
// train() afterwards, which tells frozen batch norms. Throws ModelError when the part has no such layer.
void set_trainable_from(Model& model, const std::string& part, std::int64_t first);

}  // namespace nadir
