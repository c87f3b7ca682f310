// Bytes from rows to columns, 16 x 16 at a time.
#pragma once

#include <cstddef>
#include <cstdint>

namespace nadir {

// Row c of plane k of `to` becomes column c of the plane: to[k][c][r] = from[r][c][k].
//   from: [rows, columns, channels] interleaved, its rows `from_stride` bytes apart
//   to:   [channels, columns, to_stride], to_stride >= rows
struct TransposeShape {
  std::ptrdiff_t rows = 0, columns = 0, channels = 1;
  std::ptrdiff_t from_stride = 0;
  std::ptrdiff_t to_stride = 0;
};
void transpose_bytes(const std::uint8_t* from, std::uint8_t* to, const TransposeShape& shape);

}  // namespace nadir
