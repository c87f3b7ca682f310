#include "core/parallel.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>

#include <algorithm>

namespace nadir {

void parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain,
                  const std::function<void(std::int64_t, std::int64_t)>& body) {
  if (begin >= end) return;
  const std::int64_t smallest = std::max<std::int64_t>(1, grain), count = end - begin;
  const std::int64_t parts =
      at::in_parallel_region()
          ? 1
          : std::min<std::int64_t>(at::get_num_threads(), (count + smallest - 1) / smallest);
  if (parts == 1) return body(begin, end);
  // An iterator over the parts' numbers: its loop, which is in libtorch, is shared by the threads.
  const at::Tensor numbers = at::arange(parts, at::kLong);
  at::TensorIterator parts_iterator = at::TensorIterator::borrowing_nullary_op(numbers);
  parts_iterator.for_each(
      [&](char** data, const std::int64_t* strides, std::int64_t parts_here) {
        for (std::int64_t i = 0; i < parts_here; ++i) {
          const std::int64_t part = *reinterpret_cast<const std::int64_t*>(data[0] + i * strides[0]);
          body(begin + count * part / parts, begin + count * (part + 1) / parts);
        }
      },
      /*grain_size=*/1);
}

}  // namespace nadir
