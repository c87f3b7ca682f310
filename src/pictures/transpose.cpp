#include "pictures/transpose.h"

#include <algorithm>
#include <cstring>

namespace nadir {
namespace {

constexpr std::ptrdiff_t kBlock = 16;
using Bytes16 = std::uint8_t __attribute__((vector_size(kBlock)));

// Four rounds of interleaving rows i and i + 8 exchange the bits of row and column numbers.
void transpose_block(Bytes16 (&rows)[kBlock]) {
  for (int round = 0; round < 4; ++round) {
    Bytes16 mixed[kBlock];
    for (int i = 0; i < kBlock / 2; ++i) {
      mixed[2 * i] = __builtin_shufflevector(rows[i], rows[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21,
                                             6, 22, 7, 23);
      mixed[2 * i + 1] = __builtin_shufflevector(rows[i], rows[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28,
                                                 13, 29, 14, 30, 15, 31);
    }
    std::memcpy(rows, mixed, sizeof mixed);
  }
}

}  // namespace

void transpose_bytes(const std::uint8_t* from, std::uint8_t* to, const TransposeShape& shape) {
  const std::ptrdiff_t width = shape.columns * shape.channels;
  const auto target = [&](std::ptrdiff_t column) {
    return to + (column % shape.channels * shape.columns + column / shape.channels) * shape.to_stride;
  };
  for (std::ptrdiff_t row = 0; row < shape.rows; row += kBlock) {
    const std::ptrdiff_t height = std::min(kBlock, shape.rows - row);
    for (std::ptrdiff_t column = 0; column < width; column += kBlock) {
      const std::ptrdiff_t count = std::min(kBlock, width - column);
      const std::uint8_t* corner = from + row * shape.from_stride + column;
      Bytes16 block[kBlock] = {};
      for (std::ptrdiff_t i = 0; i < height; ++i) {
        std::memcpy(&block[i], corner + i * shape.from_stride, static_cast<std::size_t>(count));
      }
      transpose_block(block);
      for (std::ptrdiff_t i = 0; i < count; ++i) {
        std::memcpy(target(column + i) + row, &block[i], static_cast<std::size_t>(height));
      }
    }
  }
}

}  // namespace nadir
