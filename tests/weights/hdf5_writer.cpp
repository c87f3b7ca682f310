#include "weights/hdf5_writer.h"

#include <algorithm>
#include <cstring>

namespace nadir {
namespace {

constexpr std::uint64_t kUndefined = ~std::uint64_t{0};
constexpr std::size_t kLongestMessage = 65000;

std::string number(std::uint64_t value, int width) {
  std::string bytes;
  for (int i = 0; i < width; ++i) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

std::string padded(std::string bytes) {
  bytes.resize((bytes.size() + 7) / 8 * 8, '\0');
  return bytes;
}

std::string dataspace(const std::vector<std::uint64_t>& sides) {
  std::string bytes = number(1, 1) + number(sides.size(), 1) + number(0, 6);
  for (const std::uint64_t each : sides) bytes += number(each, 8);
  return bytes;
}

// Class and version, three bytes of settings, bytes of an element.
std::string datatype(int kind, std::uint64_t bits, std::uint64_t size) {
  return number(0x10U | static_cast<unsigned>(kind), 1) + number(bits, 3) + number(size, 4);
}
std::string fixed_text(std::uint64_t size) { return datatype(3, 0, size); }
std::string variable_text() { return datatype(9, 1, 16) + datatype(0, 0, 1) + number(0, 2) + number(8, 2); }
std::string float32() {
  return datatype(1, 31U << 8U | 0x20U, 4) + number(0, 2) + number(32, 2) + number(23, 1) + number(8, 1) +
         number(0, 1) + number(23, 1) + number(127, 4);
}

class Writer {
 public:
  std::string write(const Hdf5Node& root) {
    constexpr std::size_t kSuperblock = 96;
    bytes_.resize(kSuperblock);
    const std::uint64_t address = object(root);
    const std::string superblock = "\x89HDF\r\n\x1a\n" + number(0, 5) + number(8, 1) + number(8, 1) +
                                   number(0, 1) + number(4, 2) + number(16, 2) + number(0, 4) + number(0, 8) +
                                   number(kUndefined, 8) + number(bytes_.size(), 8) + number(kUndefined, 8) +
                                   number(0, 8) + number(address, 8) + number(0, 24);
    return bytes_.replace(0, kSuperblock, superblock);
  }

 private:
  std::uint64_t append(const std::string& bytes) {
    bytes_ = padded(std::move(bytes_));
    const std::uint64_t at = bytes_.size();
    bytes_ += bytes;
    return at;
  }

  static void add(std::vector<std::string>& messages, int type, const std::string& body) {
    const std::string filled = padded(body);
    if (filled.size() > kLongestMessage) return;
    messages.push_back(number(static_cast<std::uint64_t>(type), 2) + number(filled.size(), 2) + number(0, 4) +
                       filled);
  }

  // The children first: a link is an address.
  std::uint64_t object(const Hdf5Node& node) {
    std::vector<std::string> messages;
    node.shape ? add_array(messages, *node.shape) : add_links(messages, node);
    for (const auto& [name, value] : node.text) {
      add_attribute(messages, name, variable_text(), {}, reference(value));
    }
    for (const auto& [name, values] : node.texts) add_list(messages, name, values);
    std::string body;
    for (const std::string& each : messages) body += each;
    return append(number(1, 2) + number(messages.size(), 2) + number(1, 4) + number(body.size(), 4) +
                  number(0, 4) + body);
  }

  void add_links(std::vector<std::string>& messages, const Hdf5Node& node) {
    add(messages, 0x02, number(0, 2) + number(kUndefined, 8) + number(kUndefined, 8));
    add(messages, 0x0A, number(0, 2));
    for (const auto& [name, child] : node.children) {
      const std::uint64_t address = object(child);
      add(messages, 0x06, number(1, 1) + number(1, 1) + number(name.size(), 2) + name + number(address, 8));
    }
  }

  void add_array(std::vector<std::string>& messages, const std::vector<std::uint64_t>& sides) {
    std::uint64_t count = 1;
    for (const std::uint64_t each : sides) count *= each;
    std::string data(4 * count, '\0');
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto value = static_cast<float>(i);
      std::memcpy(data.data() + 4 * i, &value, 4);
    }
    const std::uint64_t address = count == 0 ? kUndefined : append(data);
    add(messages, 0x01, dataspace(sides));
    add(messages, 0x03, float32());
    add(messages, 0x05, number(2, 1) + number(2, 1) + number(2, 1) + number(0, 1));  // no fill value
    add(messages, 0x08, number(3, 1) + number(1, 1) + number(address, 8) + number(data.size(), 8));
  }

  void add_list(std::vector<std::string>& messages, const std::string& name,
                const std::vector<std::string>& values) {
    std::size_t width = 1;
    for (const std::string& each : values) width = std::max(width, each.size());
    std::string data;
    for (std::string each : values) {
      each.resize(width);
      data += each;
    }
    add_attribute(messages, name, fixed_text(width), {values.size()}, data);
  }

  static void add_attribute(std::vector<std::string>& messages, const std::string& name,
                            const std::string& type, const std::vector<std::uint64_t>& sides,
                            const std::string& data) {
    const std::string shape = dataspace(sides);
    add(messages, 0x0C,
        number(1, 2) + number(name.size() + 1, 2) + number(type.size(), 2) + number(shape.size(), 2) +
            padded(name + '\0') + padded(type) + padded(shape) + data);
  }

  // A text in a heap of its own: its length, the heap, its number there.
  std::string reference(const std::string& text) {
    constexpr std::size_t kSmallestHeap = 4096;
    std::string body = number(1, 2) + number(1, 2) + number(0, 4) + number(text.size(), 8) + padded(text);
    const std::size_t size = std::max(kSmallestHeap, 16 + body.size() + 16);
    body += number(0, 8) + number(size - 16 - body.size(), 8);  // what is free
    body.resize(size - 16, '\0');
    const std::uint64_t heap = append("GCOL" + number(1, 4) + number(size, 8) + body);
    return number(text.size(), 4) + number(heap, 8) + number(1, 4);
  }

  std::string bytes_;
};

}  // namespace

Hdf5Node& Hdf5Node::at(const std::string& path) {
  const std::size_t begin = path.find_first_not_of('/');
  if (begin == std::string::npos) return *this;
  const std::size_t end = std::min(path.find('/', begin), path.size());
  return children[path.substr(begin, end - begin)].at(path.substr(end));
}

std::string write_hdf5(const Hdf5Node& root) { return Writer().write(root); }

}  // namespace nadir
