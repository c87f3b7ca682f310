// The rows of a raster that the tiles in work need: each is read once, from the top, in pieces as wide as the
// work is.
#pragma once

#include <cstddef>
#include <deque>

#include "nadir/predict.h"

namespace nadir {

class SourceRows {
 public:
  // Columns left .. right-1; rows from `top` on, or from where its block begins.
  SourceRows(const PixelSource& source, std::int64_t top, std::int64_t left, std::int64_t right);

  // Reads on until the rows above `bottom` are there, in whole blocks of the file where it has them.
  void read_until(std::int64_t bottom);
  // Forgets pieces that lie above `row` as a whole.
  void drop_above(std::int64_t row);

  torch::ScalarType type() const;
  std::size_t element_size() const;
  // The pixels of a row that is held; the first is that of column left().
  const std::byte* pixels(std::int64_t band, std::int64_t row) const;
  std::int64_t left() const { return left_; }
  // Whether each pixel of the row is valid; null when all are.
  const bool* valid(std::int64_t row) const;
  // Whether each pixel of the row is valid and wanted; null when all are.
  const bool* kept(std::int64_t row) const;
  // The same of the window's pixels, [h, w]; undefined when all are.
  torch::Tensor kept_in(const Window& window) const;

 private:
  struct Piece {
    std::int64_t row, height;
    PixelSource::Pixels pixels;
    torch::Tensor kept;  // valid and wanted
  };
  const Piece& piece(std::int64_t row) const;
  void check(const Piece& piece) const;

  const PixelSource& source_;
  std::int64_t left_, width_;
  std::deque<Piece> pieces_;
  std::int64_t bottom_ = 0;  // first row not read
};

}  // namespace nadir
