// The layout of a safetensors file: 8 bytes little-endian header length, that many bytes of JSON (padded with
// spaces to a multiple of 8), then the tensors' bytes. The JSON maps names to {dtype, shape, data_offsets};
// "__metadata__" maps text to text.
#pragma once

#include <torch/types.h>

#include <array>
#include <bit>
#include <stdexcept>
#include <string>

#include "weights/checksum.h"

namespace nadir::safetensors {

static_assert(std::endian::native == std::endian::little, "tensors are stored as they lie in memory");

inline constexpr const char* kChecksumKey = "nadir.checksum";

struct TypeName {
  const char* name;
  torch::ScalarType type;
};
inline constexpr std::array<TypeName, 13> kTypes = {{{"F64", torch::kFloat64},
                                                     {"F32", torch::kFloat32},
                                                     {"F16", torch::kFloat16},
                                                     {"BF16", torch::kBFloat16},
                                                     {"I64", torch::kInt64},
                                                     {"I32", torch::kInt32},
                                                     {"I16", torch::kInt16},
                                                     {"I8", torch::kInt8},
                                                     {"U8", torch::kUInt8},
                                                     {"U16", torch::kUInt16},
                                                     {"U32", torch::kUInt32},
                                                     {"U64", torch::kUInt64},
                                                     {"BOOL", torch::kBool}}};

inline const char* type_name(torch::ScalarType type) {
  for (const TypeName& each : kTypes) {
    if (each.type == type) return each.name;
  }
  throw std::logic_error(std::string("safetensors has no type for ") + toString(type));
}

// The checksum's place in the header's text, 16 hexadecimal digits; npos when there is none.
inline std::size_t checksum_place(const std::string& header) {
  const std::string key = std::string("\"") + kChecksumKey + "\":\"";
  const std::size_t found = header.find(key);
  return found == std::string::npos ? found : found + key.size();
}

// Of the header, with zeros where the checksum itself stands.
inline Checksum header_checksum(std::string header) {
  const std::size_t place = checksum_place(header);
  if (place != std::string::npos && place + 16 <= header.size()) header.replace(place, 16, 16, '0');
  Checksum sum;
  sum.add(header.data(), header.size());
  return sum;
}

}  // namespace nadir::safetensors
