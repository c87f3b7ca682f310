// Convolutions as oneDNN runs them fastest: with what follows them, and weights in its own layout.
#pragma once

#include "models/inference/program.h"

namespace nadir {

// Replaces each convolution in two dimensions by oneDNN's, together with the addition and the activation that
// follow it where nothing else reads what lies between, and packs its weights for the size of its input.
// `type`: float32 or bfloat16, of weights and values.
void fuse_convolutions(Program& program, torch::ScalarType type);

// The program in bfloat16: its constants but those of batch norms, which compute in float32 whatever comes.
void convert_constants(Program& program, torch::ScalarType type);

}  // namespace nadir
