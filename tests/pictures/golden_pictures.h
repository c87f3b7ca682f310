// Pictures of the goldens' fill rule, and the hash that the goldens give of bytes.
#pragma once

#include <cstdint>

#include "golden.h"

namespace nadir::golden {

inline std::uint64_t fnv1a(const void* bytes, std::size_t count) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (std::size_t i = 0; i < count; ++i) {
    hash = (hash ^ static_cast<const std::uint8_t*>(bytes)[i]) * 0x100000001b3;
  }
  return hash;
}
// 16 hexadecimal digits.
inline std::string fnv1a_text(const torch::Tensor& tensor) {
  const torch::Tensor bytes = tensor.contiguous();
  char text[17];
  std::snprintf(text, sizeof text, "%016llx",
                static_cast<unsigned long long>(fnv1a(bytes.const_data_ptr(), bytes.nbytes())));
  return text;
}

// floor(levels u), uint8
inline torch::Tensor bytes(const std::string& name, at::IntArrayRef shape, std::int64_t levels = 256) {
  return labels(name, shape, levels).to(torch::kUInt8);
}

}  // namespace nadir::golden
