// One place that lists the pixel types of images, for code that walks their memory.
#pragma once

#include <stdexcept>
#include <string>

#include "nadir/data.h"

namespace nadir {

// Calls visit(T{}) with the C++ type of an image's pixels.
template <class Visit>
decltype(auto) visit_pixel_type(torch::ScalarType type, const Visit& visit) {
  switch (type) {
    case torch::kUInt8:
      return visit(std::uint8_t{});
    case torch::kUInt16:
      return visit(std::uint16_t{});
    case torch::kInt16:
      return visit(std::int16_t{});
    case torch::kFloat32:
      return visit(float{});
    default:
      throw std::logic_error("images of type " + std::string(c10::toString(type)) + " do not exist");
  }
}

// "uint8", "uint16", "int16", "float32": the names in model cards and messages; else torch's own name.
inline std::string pixel_type_name(torch::ScalarType type) {
  switch (type) {
    case torch::kUInt8:
      return "uint8";
    case torch::kUInt16:
      return "uint16";
    case torch::kInt16:
      return "int16";
    case torch::kFloat32:
      return "float32";
    default:
      return c10::toString(type);
  }
}

}  // namespace nadir
