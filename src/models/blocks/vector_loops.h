// What loops over the values of maps are written with: types, and the choice of the processor's vector units.
// For files that are compiled with -O3 and have nothing of torch in them.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#define NADIR_INLINE __attribute__((always_inline)) inline
// Before a loop whose steps do not touch what others write.
#if defined(__clang__)
#define NADIR_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define NADIR_INDEPENDENT _Pragma("GCC ivdep")
#endif

namespace nadir::kernel {

struct BFloat16 {
  std::uint16_t bits;
};

NADIR_INLINE float read(float value) { return value; }
NADIR_INLINE float read(BFloat16 value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16);
}

NADIR_INLINE void write(float& to, float value) { to = value; }
// To the nearest, ties to even. A NaN that has its highest bits only in the lower half would become infinite,
// so it gets the usual one.
NADIR_INLINE void write(BFloat16& to, float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = (bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16;
  to.bits = static_cast<std::uint16_t>(value == value ? rounded : 0x7fc0U);
}

// term(0), term(1) ... term(width - 1) joined to `start`, in parts that do not wait for each other.
template <class Term, class Join>
NADIR_INLINE float join_over(std::size_t width, float start, const Term& term, const Join& join) {
  constexpr std::size_t kParts = 16;
  float parts[kParts];
  for (float& part : parts) part = start;
  std::size_t j = 0;
  for (; j + kParts <= width; j += kParts) {
    NADIR_INDEPENDENT
    for (std::size_t i = 0; i < kParts; ++i) parts[i] = join(parts[i], term(j + i));
  }
  float joined = start;
  for (; j < width; ++j) joined = join(joined, term(j));
  for (const float part : parts) joined = join(joined, part);
  return joined;
}

template <class Term>
NADIR_INLINE float sum_over(std::size_t width, const Term& term) {
  return join_over(width, 0.0F, term, [](float a, float b) { return a + b; });
}

// Of one term at least; a NaN is passed over.
template <class Term>
NADIR_INLINE float max_over(std::size_t width, const Term& term) {
  return join_over(width, -__builtin_inff(), term, [](float a, float b) { return b > a ? b : a; });
}

// The same loops for the vector units that x86 processors have: what is inlined is compiled for the caller's.
#if defined(__x86_64__)
template <class Loops, class... Args>
__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))) void run_avx512(Args... args) {
  Loops::run(args...);
}
template <class Loops, class... Args>
__attribute__((target("avx2,fma"))) void run_avx2(Args... args) {
  Loops::run(args...);
}
#endif

enum class Vectors { kPlain, kAvx2, kAvx512 };

inline Vectors available() {
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return Vectors::kPlain;
  const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return wide ? Vectors::kAvx512 : Vectors::kAvx2;
#else
  return Vectors::kPlain;
#endif
}

template <class Loops, class... Args>
void dispatch(Args... args) {
  static const Vectors vectors = available();
#if defined(__x86_64__)
  if (vectors == Vectors::kAvx512) return run_avx512<Loops>(args...);
  if (vectors == Vectors::kAvx2) return run_avx2<Loops>(args...);
#endif
  static_cast<void>(vectors);
  Loops::run(args...);
}

}  // namespace nadir::kernel
