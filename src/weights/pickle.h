// Python's pickle format (protocols 0 to 5; https://docs.python.org/3/library/pickletools.html), read without
// ever calling anything. What a pickle would call is written down as a kCall, for those who know the name.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "weights/byte_stream.h"

namespace nadir {

struct PickleValue {
  enum class Kind {
    kNone,
    kBool,        // integer
    kInt,         // integer
    kLong,        // text: its bytes, little-endian two's complement, where it does not fit 64 bits
    kFloat,       // number
    kText,        // text
    kBytes,       // text
    kList,        // items; also sets
    kTuple,       // items
    kMap,         // items: key, value, key, value, in the order of the file
    kGlobal,      // text: "module.name"
    kCall,        // text: "module.name", items: the arguments
    kPersistent,  // items: the tuple that stands for an object outside the pickle
  };
  Kind kind = Kind::kNone;
  std::int64_t integer = 0;
  double number = 0;
  std::string text;
  std::vector<const PickleValue*> items;  // may hold itself: a pickle can say so

  // The value of a key of a kMap, else nullptr.
  const PickleValue* find(std::string_view key) const;
};

struct Pickle {
  std::deque<PickleValue> values;  // the owner of all of them
  const PickleValue* root = nullptr;
  std::uint64_t end = 0;  // the place behind the pickle's last byte
};

// Reads one pickle. `is_known` says which globals ("collections.OrderedDict") may occur. Throws ModelError
// that names the file and the opcode or global that is refused. Memory is bounded by the pickle's length.
Pickle read_pickle(ByteStream& stream, const std::function<bool(std::string_view)>& is_known);

}  // namespace nadir
