// The loops of squeeze-and-excitation (Hu et al. 2018) on maps whose channels lie side by side. Nothing of
// torch is in them.
#pragma once

#include <cstddef>

#include "models/blocks/vector_loops.h"

namespace nadir::kernel {

// Of `width` channels, the first of which x points to, in `pixels` that lie `stride` values apart.
// sum: [width], overwritten; mean: [width].
template <class T>
void channel_means(const T* x, std::size_t pixels, std::size_t stride, std::size_t width, float* sum,
                   T* mean);

// y = x gate. x, y: [pixels, channels]; gate: [channels].
template <class T>
void scale_channels(const T* x, const T* gate, std::size_t pixels, std::size_t channels, T* y);

}  // namespace nadir::kernel
