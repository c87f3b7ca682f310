#include "weights/hdf5/texts.h"

#include <map>

namespace nadir::hdf5 {
namespace {

std::string up_to_nul(std::string text) {
  text.resize(std::min(text.size(), text.find('\0')));
  return text;
}

// The global heaps ("GCOL") that an attribute's texts lie in.
class Heaps {
 public:
  // Heaps are read once each, and no two texts are one.
  explicit Heaps(const Bytes& file) : file_(file), budget_(file, 2 * file.size()) {}

  std::string text(std::uint64_t heap, std::uint64_t index, std::uint64_t length) {
    if (length == 0) return {};
    if (!heaps_.contains(heap)) heaps_[heap] = read(heap);
    const auto found = heaps_[heap].find(index);
    if (found == heaps_[heap].end() || length > found->second.size()) {
      file_.refuse("a text of an attribute is missing from its heap (damaged?)");
    }
    budget_.take(length);
    return found->second.substr(0, length);
  }

 private:
  using Objects = std::map<std::uint64_t, std::string>;

  Objects read(std::uint64_t address) {
    constexpr std::uint64_t kPrefix = 16;
    const std::string head = budget_.text(address, kPrefix);
    Cursor cursor(file_, head, "a heap of texts");
    cursor.expect("GCOL");
    cursor.skip(4);
    const std::uint64_t bytes = cursor.number(8);
    if (bytes < kPrefix) cursor.refuse("is too small");
    const std::string body = budget_.text(address + kPrefix, bytes - kPrefix);
    Cursor entries(file_, body, "a heap of texts");
    Objects objects;
    while (entries.left() >= kPrefix) {
      const std::uint64_t index = entries.number(2);
      entries.skip(6);
      const std::uint64_t size = entries.number(8);
      if (index == 0) break;  // the rest is free
      objects[index] = entries.bytes(size);
      entries.align();
    }
    return objects;
  }

  const Bytes& file_;
  Budget budget_;
  std::map<std::uint64_t, Objects> heaps_;
};

}  // namespace

std::vector<std::string> read_texts(const Bytes& file, const Attribute& attribute) {
  std::vector<std::string> texts;
  Cursor cursor(file, attribute.value, "an attribute");
  Heaps heaps(file);
  for (std::uint64_t i = 0; i < attribute.shape.count; ++i) {
    if (attribute.type.kind == Type::Kind::kFixedText) {
      texts.push_back(up_to_nul(std::string(cursor.bytes(attribute.type.bytes))));
    } else {
      const std::uint64_t length = cursor.number(4), heap = cursor.number(8), index = cursor.number(4);
      texts.push_back(up_to_nul(heaps.text(heap, index, length)));
    }
  }
  return texts;
}

}  // namespace nadir::hdf5
