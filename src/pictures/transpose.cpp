#include "pictures/transpose.h"

#include <algorithm>
#include <cstring>

namespace nadir {
namespace {

constexpr std::ptrdiff_t kBlock = 16;
using ByteBlock = std::uint8_t __attribute__((vector_size(kBlock)));

// Four rounds of interleaving rows i and i + 8 exchange the bits of row and column numbers.
void transpose_block(ByteBlock (&rows)[kBlock]) {
  for (int round = 0; round < 4; ++round) {
    ByteBlock mixed[kBlock];
    for (int i = 0; i < kBlock / 2; ++i) {
      mixed[2 * i] = __builtin_shufflevector(rows[i], rows[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21,
                                             6, 22, 7, 23);
      mixed[2 * i + 1] = __builtin_shufflevector(rows[i], rows[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28,
                                                 13, 29, 14, 30, 15, 31);
    }
    std::memcpy(rows, mixed, sizeof mixed);
  }
}

// A corner of up to 16 x 16; whole blocks, which are nearly all, have their sizes known to the compiler.
struct Corner {
  const std::uint8_t* from;
  std::ptrdiff_t from_stride;
  std::ptrdiff_t rows, columns;
};

template <class Target>
void transpose_whole(const Corner& corner, const Target& target) {
  ByteBlock block[kBlock];
  for (std::ptrdiff_t i = 0; i < kBlock; ++i) {
    std::memcpy(&block[i], corner.from + i * corner.from_stride, kBlock);
  }
  transpose_block(block);
  for (std::ptrdiff_t i = 0; i < kBlock; ++i) std::memcpy(target(i), &block[i], kBlock);
}

template <class Target>
void transpose_part(const Corner& corner, const Target& target) {
  for (std::ptrdiff_t i = 0; i < corner.columns; ++i) {
    std::uint8_t* const line = target(i);
    for (std::ptrdiff_t k = 0; k < corner.rows; ++k) line[k] = corner.from[k * corner.from_stride + i];
  }
}

}  // namespace

void transpose_bytes(const std::uint8_t* from, std::uint8_t* to, const TransposeShape& shape) {
  const std::ptrdiff_t width = shape.columns * shape.channels;
  for (std::ptrdiff_t column = 0; column < width; column += kBlock) {
    std::uint8_t* lines[kBlock];  // where the block's columns go
    for (std::ptrdiff_t i = 0; i < std::min(kBlock, width - column); ++i) {
      const std::ptrdiff_t at = column + i;
      lines[i] = to + (at % shape.channels * shape.columns + at / shape.channels) * shape.to_stride;
    }
    for (std::ptrdiff_t row = 0; row < shape.rows; row += kBlock) {
      const Corner corner{from + row * shape.from_stride + column, shape.from_stride,
                          std::min(kBlock, shape.rows - row), std::min(kBlock, width - column)};
      const auto target = [&](std::ptrdiff_t i) { return lines[i] + row; };
      if (corner.rows == kBlock && corner.columns == kBlock) {
        transpose_whole(corner, target);
      } else {
        transpose_part(corner, target);
      }
    }
  }
}

}  // namespace nadir
