#include "predict/source_rows.h"

#include <torch/torch.h>
#include <cstring>
#include <stdexcept>

namespace nadir {

void SourceRows::read_until(std::int64_t bottom) {
  if (bottom <= bottom_) return;
  const std::int64_t block = std::max<std::int64_t>(1, source_.block_rows);
  const std::int64_t end = std::min((bottom + block - 1) / block * block, source_.height);
  Piece piece{bottom_, end - bottom_, source_.read({bottom_, 0, end - bottom_, source_.width})};
  piece.pixels.image = piece.pixels.image.contiguous();
  if (piece.pixels.valid.defined()) piece.pixels.valid = piece.pixels.valid.contiguous();
  check(piece);
  pieces_.push_back(std::move(piece));
  bottom_ = end;
}

void SourceRows::check(const Piece& piece) const {
  const bool image_fits =
      piece.pixels.image.sizes() == at::IntArrayRef{source_.bands, piece.height, source_.width} &&
      (pieces_.empty() || piece.pixels.image.scalar_type() == type());
  const torch::Tensor& valid = piece.pixels.valid;
  const bool valid_fits = !valid.defined() || (valid.scalar_type() == torch::kBool &&
                                               valid.sizes() == at::IntArrayRef{piece.height, source_.width});
  if (!image_fits || !valid_fits)
    throw std::logic_error("a pixel source gave another shape or type than it should");
}

void SourceRows::drop_above(std::int64_t row) {
  // One piece stays: the pixels' type is known by it.
  while (pieces_.size() > 1 && pieces_.front().row + pieces_.front().height <= row) pieces_.pop_front();
}

torch::ScalarType SourceRows::type() const { return pieces_.front().pixels.image.scalar_type(); }
std::size_t SourceRows::element_size() const {
  return static_cast<std::size_t>(pieces_.front().pixels.image.element_size());
}

const SourceRows::Piece& SourceRows::piece(std::int64_t row) const {
  for (const Piece& each : pieces_) {
    if (row >= each.row && row < each.row + each.height) return each;
  }
  throw std::logic_error("row " + std::to_string(row) + " is not held");
}

const std::byte* SourceRows::pixels(std::int64_t band, std::int64_t row) const {
  const Piece& from = piece(row);
  const std::int64_t offset = (band * from.height + row - from.row) * source_.width;
  return static_cast<const std::byte*>(from.pixels.image.const_data_ptr()) +
         static_cast<std::size_t>(offset) * element_size();
}

const bool* SourceRows::valid(std::int64_t row) const {
  const Piece& from = piece(row);
  if (!from.pixels.valid.defined()) return nullptr;
  return from.pixels.valid.const_data_ptr<bool>() + (row - from.row) * source_.width;
}

torch::Tensor SourceRows::valid_rows(std::int64_t first, std::int64_t count) const {
  torch::Tensor result;
  for (std::int64_t row = first; row < first + count; ++row) {
    const bool* const from = valid(row);
    if (!from && !result.defined()) continue;
    if (!result.defined()) {
      result = torch::empty({count, source_.width}, torch::kBool);
      std::memset(result.data_ptr<bool>(), 1, static_cast<std::size_t>(result.numel()));
    }
    if (from) std::copy_n(from, source_.width, result.data_ptr<bool>() + (row - first) * source_.width);
  }
  return result;
}

}  // namespace nadir
