#include <cstdint>

#include "generate/text/unicode.h"

namespace nadir {
namespace {

constexpr char32_t kReplacement = 0xfffd;

// Length of the sequence that a byte begins; 0 where none begins.
std::size_t sequence_length(unsigned char byte) {
  if (byte < 0x80) return 1;
  if (byte >= 0xc2 && byte < 0xe0) return 2;
  if (byte >= 0xe0 && byte < 0xf0) return 3;
  return byte >= 0xf0 && byte < 0xf5 ? 4 : 0;
}

}  // namespace

std::u32string decode_utf8(const std::string& text) {
  std::u32string result;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
    const std::size_t length = sequence_length(byte(i));
    char32_t c = length == 1 ? byte(i) : length == 0 ? kReplacement : byte(i) & (0x7fU >> length);
    std::size_t k = 1;
    while (k < length && i + k < text.size() && (byte(i + k) & 0xc0) == 0x80)
      c = (c << 6) | (byte(i + k++) & 0x3fU);
    constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool whole =
        length > 0 && k == length && c >= kSmallest[length] && c <= 0x10ffff && !(c >= 0xd800 && c <= 0xdfff);
    result.push_back(whole ? c : kReplacement);
    i += whole ? length : 1;
  }
  return result;
}

std::string encode_utf8(const std::u32string& text) {
  std::string result;
  const auto add = [&](char32_t bits) { result.push_back(static_cast<char>(bits)); };
  for (const char32_t c : text) {
    if (c < 0x80) {
      add(c);
    } else if (c < 0x800) {
      add(0xc0 | (c >> 6)), add(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
      add(0xe0 | (c >> 12)), add(0x80 | ((c >> 6) & 0x3f)), add(0x80 | (c & 0x3f));
    } else {
      add(0xf0 | (c >> 18)), add(0x80 | ((c >> 12) & 0x3f)), add(0x80 | ((c >> 6) & 0x3f)),
          add(0x80 | (c & 0x3f));
    }
  }
  return result;
}

}  // namespace nadir
