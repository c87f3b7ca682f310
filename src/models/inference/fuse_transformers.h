// What transformers are made of, as processors run it fastest.
#pragma once

#include "models/inference/program.h"

namespace nadir {

// Replaces each linear layer with constant weights by oneDNN's, together with the activation that follows it
// where nothing else reads what lies between, and packs its weights for the rows that it gets.
// `type`: float32 or bfloat16, of weights and values.
void fuse_linears(Program& program, torch::ScalarType type);

// Attention is computed by products where that gains (attention.h): the type of its values, which the trace
// did not have, decides when it runs.
void choose_attention(Program& program);

}  // namespace nadir
