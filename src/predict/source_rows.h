// The rows of a raster that the tiles in work need: each is read once, from the top, in full-width pieces.
#pragma once

#include <cstddef>
#include <deque>

#include "nadir/predict.h"

namespace nadir {

class SourceRows {
 public:
  explicit SourceRows(const PixelSource& source) : source_(source) {}

  // Reads on until the rows above `bottom` are there, in whole blocks of the file where it has them.
  void read_until(std::int64_t bottom);
  // Forgets pieces that lie above `row` as a whole.
  void drop_above(std::int64_t row);

  torch::ScalarType type() const;
  std::size_t element_size() const;
  // The `width` pixels of a row that is held.
  const std::byte* pixels(std::int64_t band, std::int64_t row) const;
  // Whether each pixel of the row is valid; null when all are.
  const bool* valid(std::int64_t row) const;
  // The same of several rows, [count, W]; undefined when all are valid.
  torch::Tensor valid_rows(std::int64_t first, std::int64_t count) const;

 private:
  struct Piece {
    std::int64_t row, height;
    PixelSource::Pixels pixels;
  };
  const Piece& piece(std::int64_t row) const;
  void check(const Piece& piece) const;

  const PixelSource& source_;
  std::deque<Piece> pieces_;
  std::int64_t bottom_ = 0;  // first row not read
};

}  // namespace nadir
