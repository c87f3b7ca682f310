#include <utility>
#include <vector>

#include "nadir/runtime.h"

namespace nadir {
namespace {

std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

std::uint64_t hash(std::string_view text) {  // FNV-1a
  std::uint64_t h = 0xcbf29ce484222325U;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return h;
}

}  // namespace

RandomStream::RandomStream(std::uint64_t seed) : key_(mix(seed)) {}

RandomStream RandomStream::child(std::string_view name) const { return RandomStream(mix(key_) ^ hash(name)); }

RandomStream RandomStream::child(std::uint64_t index) const {
  return RandomStream(mix(key_ ^ 0x5851f42d4c957f2dU) + index);
}

std::uint64_t RandomStream::next() { return mix(key_ + 0x9e3779b97f4a7c15U * counter_++); }

double RandomStream::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

double RandomStream::uniform(double low, double high) { return low + (high - low) * uniform(); }

std::int64_t RandomStream::below(std::int64_t bound) {
  const auto range = static_cast<std::uint64_t>(bound);
  // Numbers above the last whole multiple of the range would favour the small results.
  const std::uint64_t limit = ~std::uint64_t{0} - (~std::uint64_t{0} % range + 1) % range;
  std::uint64_t bits = next();
  while (bits > limit) bits = next();
  return static_cast<std::int64_t>(bits % range);
}

std::vector<std::int64_t> permutation(std::int64_t size, RandomStream stream) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(size));
  for (std::int64_t i = 0; i < size; ++i) order[static_cast<std::size_t>(i)] = i;
  for (std::int64_t i = size - 1; i > 0; --i) {
    std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(stream.below(i + 1))]);
  }
  return order;
}

}  // namespace nadir
