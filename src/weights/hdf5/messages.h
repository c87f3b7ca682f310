// What the messages of an object's header say: shape, type, place and packing of an array, attributes.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "weights/hdf5/tree.h"

namespace nadir::hdf5 {

struct Type {
  enum class Kind { kNumber, kFixedText, kVariableText, kOther };
  Kind kind = Kind::kOther;
  std::uint64_t bytes = 0;                     // of one element
  torch::ScalarType scalar = torch::kFloat32;  // of kNumber; kBool for numpy's, an enumeration
  bool big_endian = false;
};

// Counts of all texts and arrays fit 64 bits; no side is larger than int64's.
struct Shape {
  std::vector<std::int64_t> sides;  // none for a scalar
  std::uint64_t count = 1;          // of elements
};

struct Layout {
  enum class Kind { kCompact, kContiguous, kChunked };
  Kind kind = Kind::kCompact;
  std::string compact;                 // the array itself
  std::uint64_t address = kUndefined;  // of the array, or of the B-tree of its chunks
  std::uint64_t bytes = 0;             // of a contiguous array
  std::vector<std::uint64_t> chunk;    // sides
};

struct Filter {
  enum class Kind { kDeflate = 1, kShuffle = 2 };
  Kind kind = Kind::kDeflate;
};

struct Attribute {
  std::string name;
  Type type;
  Shape shape;
  std::string value;  // at least as long as the shape says
};

// `what` is for messages: "its array 'a/b'". All throw ModelError.
Type read_type(const Bytes& file, const std::string& body, const std::string& what);
Shape read_shape(const Bytes& file, const std::string& body, const std::string& what);
Layout read_layout(const Bytes& file, const std::string& body, const std::string& what);
// In the order in which they were applied; none for no message. Others than deflate and shuffle are refused.
std::vector<Filter> read_filters(const Bytes& file, const Message* message, const std::string& what);
// The object's attribute of a name; false when it has none.
bool read_attribute(const Bytes& file, const Object& object, const std::string& name, Attribute& found);

}  // namespace nadir::hdf5
