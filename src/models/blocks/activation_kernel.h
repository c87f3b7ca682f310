// The loops of an activation and the dropout after it. Nothing of torch is in them.
//
//   y = f(x) scale, or 0 where the value is dropped
#pragma once

#include <cstddef>

#include "models/blocks/vector_loops.h"

namespace nadir::kernel {

enum class Activation {
  kNone,
  kRelu,
  kElu,  // x > 0 ? x : exp(x) - 1
  kGelu  // x times the standard normal distribution's probability of less than x
};

// Which values are dropped depends on the key and their place alone. The loops take values in blocks, and
// are told the number of the first one.
struct Drop {
  std::uint64_t key = 0;
  std::uint32_t below = 0;  // of 2^32: the share that is dropped; 0: no dropout
  float scale = 1;          // of those that are kept
};
constexpr std::size_t kDropBlock = 1024;

template <class T>
void activation_forward(Activation f, const T* x, std::size_t count, std::size_t block, const Drop& drop,
                        T* y);

// saved: x for GELU, y for ELU and ReLU; not read where there is no activation.
template <class T>
void activation_backward(Activation f, const T* saved, const T* grad, std::size_t count, std::size_t block,
                         const Drop& drop, T* grad_x);

}  // namespace nadir::kernel
