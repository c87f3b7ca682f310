#include "predict/source_rows.h"

#include <torch/torch.h>
#include <cstring>
#include <stdexcept>

namespace nadir {
namespace {

std::int64_t block_height(const PixelSource& source) { return std::max<std::int64_t>(1, source.block_rows); }

torch::Tensor contiguous(const torch::Tensor& mask) { return mask.defined() ? mask.contiguous() : mask; }

// Both masks; loops instead of torch, whose threads belong to the network.
torch::Tensor both(const torch::Tensor& a, const torch::Tensor& b) {
  if (!a.defined() || !b.defined()) return a.defined() ? a : b;
  torch::Tensor result = torch::empty(a.sizes(), torch::kBool);
  const bool* const first = a.const_data_ptr<bool>();
  const bool* const second = b.const_data_ptr<bool>();
  std::transform(first, first + a.numel(), second, result.data_ptr<bool>(), std::logical_and<>());
  return result;
}

}  // namespace

SourceRows::SourceRows(const PixelSource& source, std::int64_t top, std::int64_t left, std::int64_t right)
    : source_(source),
      left_(left),
      width_(right - left),
      bottom_(top / block_height(source) * block_height(source)) {}

void SourceRows::read_until(std::int64_t bottom) {
  if (bottom <= bottom_) return;
  const std::int64_t block = block_height(source_);
  const std::int64_t end = std::min((bottom + block - 1) / block * block, source_.height);
  Piece piece{bottom_, end - bottom_, source_.read({bottom_, left_, end - bottom_, width_}), {}};
  piece.pixels.image = piece.pixels.image.contiguous();
  piece.pixels.valid = contiguous(piece.pixels.valid);
  piece.pixels.wanted = contiguous(piece.pixels.wanted);
  check(piece);
  piece.kept = both(piece.pixels.valid, piece.pixels.wanted);
  pieces_.push_back(std::move(piece));
  bottom_ = end;
}

void SourceRows::check(const Piece& piece) const {
  const bool image_fits =
      piece.pixels.image.sizes() == at::IntArrayRef{source_.bands, piece.height, width_} &&
      (pieces_.empty() || piece.pixels.image.scalar_type() == type());
  const auto mask_fits = [&](const torch::Tensor& mask) {
    return !mask.defined() ||
           (mask.scalar_type() == torch::kBool && mask.sizes() == at::IntArrayRef{piece.height, width_});
  };
  if (!image_fits || !mask_fits(piece.pixels.valid) || !mask_fits(piece.pixels.wanted))
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
  const std::int64_t offset = (band * from.height + row - from.row) * width_;
  return static_cast<const std::byte*>(from.pixels.image.const_data_ptr()) +
         static_cast<std::size_t>(offset) * element_size();
}

const bool* SourceRows::valid(std::int64_t row) const {
  const Piece& from = piece(row);
  if (!from.pixels.valid.defined()) return nullptr;
  return from.pixels.valid.const_data_ptr<bool>() + (row - from.row) * width_;
}

const bool* SourceRows::kept(std::int64_t row) const {
  const Piece& from = piece(row);
  if (!from.kept.defined()) return nullptr;
  return from.kept.const_data_ptr<bool>() + (row - from.row) * width_;
}

torch::Tensor SourceRows::kept_in(const Window& window) const {
  torch::Tensor result;
  for (std::int64_t row = window.row; row < window.bottom(); ++row) {
    const bool* const from = kept(row);
    if (!from && !result.defined()) continue;
    if (!result.defined()) {
      result = torch::empty({window.height, window.width}, torch::kBool);
      std::memset(result.data_ptr<bool>(), 1, static_cast<std::size_t>(result.numel()));
    }
    if (!from) continue;
    std::copy_n(from + window.column - left_, window.width,
                result.data_ptr<bool>() + (row - window.row) * window.width);
  }
  return result;
}

}  // namespace nadir
