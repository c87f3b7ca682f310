// A checksum against altered bytes (not against attackers): FNV-1a over little-endian 64-bit words, the last
// one filled with zeros, each piece begun at a word of its own. One changed word always changes the result,
// since every step is a bijection of the state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace nadir {

class Checksum {
 public:
  void add(const void* data, std::size_t size) {
    const char* bytes = static_cast<const char*>(data);
    for (; size >= 8; size -= 8, bytes += 8) word(bytes, 8);
    if (size > 0) word(bytes, size);
  }
  std::string hex() const {
    std::string text(16, '0');
    for (std::size_t i = 0; i < 16; ++i) text[i] = "0123456789abcdef"[(state_ >> (60 - 4 * i)) & 15];
    return text;
  }

 private:
  void word(const char* bytes, std::size_t size) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes, size);
    state_ = (state_ ^ value) * 0x100000001b3U;
  }

  std::uint64_t state_ = 0xcbf29ce484222325U;
};

}  // namespace nadir
