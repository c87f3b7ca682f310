#include "fuzz/mutate.h"

#include <array>

namespace nadir {
namespace {

constexpr std::size_t kLongest = 1 << 20;  // bytes

std::size_t below(RandomStream& random, std::size_t bound) {
  return static_cast<std::size_t>(random.below(static_cast<std::int64_t>(bound)));
}

std::string random_bytes(RandomStream& random, std::size_t count) {
  std::string bytes(count, '\0');
  for (char& each : bytes) each = static_cast<char>(random.next());
  return bytes;
}

// Sizes and offsets at which arithmetic breaks, in 1, 2, 4 or 8 bytes of either order.
void put_number(std::string& bytes, RandomStream& random) {
  constexpr std::array<std::uint64_t, 14> kNumbers = {0,          1,          0x7f,       0x80,
                                                      0xff,       0x7fff,     0xffff,     0x7fffffff,
                                                      0x80000000, 0xffffffff, 1ULL << 40, 0x7fffffffffffffff,
                                                      1ULL << 63, ~0ULL};
  const std::size_t width = std::size_t{1} << below(random, 4);
  if (bytes.size() < width) return;
  const std::uint64_t value = kNumbers[below(random, kNumbers.size())] - (random.chance(0.2) ? 1 : 0);
  const std::size_t at = below(random, bytes.size() - width + 1);
  const bool big = random.chance(0.3);
  for (std::size_t i = 0; i < width; ++i) {
    bytes[at + (big ? width - 1 - i : i)] = static_cast<char>(value >> (8 * i));
  }
}

// Another number where a text has one.
void change_digits(std::string& bytes, RandomStream& random) {
  constexpr std::array<const char*, 8> kTexts = {
      "-1", "0", "1e999", "4294967296", "9223372036854775807", "18446744073709551616", "", "null"};
  const std::size_t from = below(random, bytes.size());
  const std::size_t begin = bytes.find_first_of("0123456789", from);
  if (begin == std::string::npos) return;
  const std::size_t end = bytes.find_first_not_of("0123456789", begin);
  bytes.replace(begin, end == std::string::npos ? end : end - begin, kTexts[below(random, kTexts.size())]);
}

void change(std::string& bytes, const std::vector<std::string>& corpus, RandomStream& random) {
  if (bytes.empty()) {
    bytes = random_bytes(random, 1 + below(random, 64));
    return;
  }
  const std::size_t at = below(random, bytes.size());
  const std::size_t some = 1 + below(random, std::min<std::size_t>(bytes.size(), 64));
  switch (random.below(9)) {
    case 0:
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
      return;
    case 1:
      bytes[at] = static_cast<char>(random.next());
      return;
    case 2:
      return put_number(bytes, random);
    case 3:
      return change_digits(bytes, random);
    case 4:
      bytes.resize(at);
      return;
    case 5:
      bytes.erase(at, some);
      return;
    case 6:
      bytes.insert(at, bytes.substr(below(random, bytes.size()), some));
      return;
    case 7:
      bytes.insert(at, random_bytes(random, some));
      return;
    default: {  // the beginning of one and the end of another
      const std::string& other = corpus[below(random, corpus.size())];
      bytes = bytes.substr(0, at) + other.substr(std::min(other.size(), below(random, other.size() + 1)));
    }
  }
}

}  // namespace

std::string mutate(const std::vector<std::string>& corpus, RandomStream random) {
  std::string bytes = corpus[below(random, corpus.size())];
  for (std::int64_t changes = 1 + random.below(4); changes > 0; --changes) change(bytes, corpus, random);
  if (bytes.size() > kLongest) bytes.resize(kLongest);
  return bytes;
}

}  // namespace nadir
