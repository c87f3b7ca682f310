#include "predict/tile_reader.h"

#include <torch/torch.h>
#include <cstring>

namespace nadir {
namespace {

constexpr std::size_t kMostFinished = 4;  // stretches of rows that one batch may finish: bounds what it holds

// How a line of a tile is made from a line of the raster: mirrored pixels, a straight run, mirrored pixels.
struct LinePlan {
  std::vector<std::int64_t> from;  // raster column of each pixel
  std::size_t run_begin = 0, run_end = 0;
};

LinePlan plan_line(std::int64_t first, std::int64_t count, std::int64_t size) {
  const std::int64_t begin = std::clamp<std::int64_t>(-first, 0, count);
  const std::int64_t end = std::clamp<std::int64_t>(size - first, begin, count);
  return {mirrored_indices(first, count, size), static_cast<std::size_t>(begin),
          static_cast<std::size_t>(end)};
}

template <class T>
void copy_line(const LinePlan& plan, const T* from, T* to) {
  const auto column = [&](std::size_t i) { return from[plan.from[i]]; };
  for (std::size_t i = 0; i < plan.run_begin; ++i) to[i] = column(i);
  if (plan.run_end > plan.run_begin) {
    std::memcpy(to + plan.run_begin, from + plan.from[plan.run_begin],
                (plan.run_end - plan.run_begin) * sizeof(T));
  }
  for (std::size_t i = plan.run_end; i < plan.from.size(); ++i) to[i] = column(i);
}

}  // namespace

TileReader::TileReader(const PixelSource& source, const TileGrid& grid, std::int64_t batch_size)
    : source_(source), grid_(grid), batch_size_(batch_size), tile_(grid.window(0, 0).height), rows_(source) {
  first_needed_.resize(static_cast<std::size_t>(grid.rows()));
  std::int64_t highest = source.height;
  for (std::int64_t row = grid.rows() - 1; row >= 0; --row) {
    // Mirroring at the lower edge turns back to rows above the tile's own.
    const std::vector<std::int64_t> lines = mirrored_indices(grid.window(row, 0).row, tile_, source.height);
    highest = std::min(highest, *std::min_element(lines.begin(), lines.end()));
    first_needed_[static_cast<std::size_t>(row)] = highest;
  }
}

std::optional<TileBatch> TileReader::next() {
  if (row_ == grid_.rows()) return std::nullopt;
  TileBatch batch;
  const auto is_open = [&] {
    return row_ < grid_.rows() && std::ssize(batch.tiles) < batch_size_ &&
           batch.finished.size() < kMostFinished;
  };
  while (is_open()) {
    if (column_ == 0) begin_row();
    take_tile(batch);
    if (++column_ == grid_.columns()) end_row(batch);
  }
  const std::int64_t count = std::ssize(batch.tiles);
  if (batch.images.defined()) batch.images = batch.images.narrow(0, 0, count);
  if (batch.valid.defined()) batch.valid = batch.valid.narrow(0, 0, count);
  return batch;
}

void TileReader::begin_row() {
  lines_ = mirrored_indices(grid_.window(row_, 0).row, tile_, source_.height);
  rows_.drop_above(first_needed_[static_cast<std::size_t>(row_)]);
  rows_.read_until(*std::max_element(lines_.begin(), lines_.end()) + 1);
  masked_ = std::any_of(lines_.begin(), lines_.end(),
                        [&](std::int64_t row) { return rows_.valid(row) != nullptr; });
}

void TileReader::end_row(TileBatch& batch) {
  column_ = 0;
  ++row_;
  const std::int64_t bottom = std::min(grid_.window(row_, 0).row, source_.height);
  if (bottom <= finished_) return;
  batch.finished.push_back({batch.tiles.size(), bottom, rows_.valid_rows(finished_, bottom - finished_)});
  finished_ = bottom;
}

void TileReader::take_tile(TileBatch& batch) {
  const Window window = grid_.window(row_, column_);
  if (masked_ && !any_valid(window)) {
    ++batch.skipped;
    return;
  }
  if (!batch.images.defined()) {
    batch.images = torch::empty({batch_size_, source_.bands, tile_, tile_}, rows_.type());
  }
  copy_pixels(window, batch.images[std::ssize(batch.tiles)]);
  if (masked_) copy_valid(window, batch);
  batch.tiles.push_back(window);
}

bool TileReader::any_valid(const Window& window) const {
  const Window inside = intersection(window, {0, 0, source_.height, source_.width});
  for (std::int64_t row = inside.row; row < inside.bottom(); ++row) {
    const bool* const valid = rows_.valid(row);
    if (!valid || std::find(valid + inside.column, valid + inside.right(), true) != valid + inside.right())
      return true;
  }
  return false;
}

void TileReader::copy_pixels(const Window& window, const torch::Tensor& image) const {
  const LinePlan plan = plan_line(window.column, tile_, source_.width);
  const auto copy = [&]<class T>(T) {
    T* to = static_cast<T*>(image.data_ptr());
    for (std::int64_t band = 0; band < source_.bands; ++band) {
      for (const std::int64_t row : lines_) {
        copy_line(plan, reinterpret_cast<const T*>(rows_.pixels(band, row)), to);
        to += tile_;
      }
    }
  };
  switch (rows_.element_size()) {
    case 1:
      return copy(std::uint8_t{});
    case 2:
      return copy(std::uint16_t{});
    case 4:
      return copy(std::uint32_t{});
    default:
      return copy(std::uint64_t{});
  }
}

void TileReader::copy_valid(const Window& window, TileBatch& batch) const {
  if (!batch.valid.defined()) {
    batch.valid = torch::empty({batch_size_, tile_, tile_}, torch::kBool);
    std::memset(batch.valid.data_ptr<bool>(), 1, static_cast<std::size_t>(batch.valid.numel()));
  }
  const LinePlan plan = plan_line(window.column, tile_, source_.width);
  bool* to = batch.valid.data_ptr<bool>() + std::ssize(batch.tiles) * tile_ * tile_;
  for (const std::int64_t row : lines_) {
    if (const bool* const from = rows_.valid(row)) copy_line(plan, from, to);
    to += tile_;
  }
}

}  // namespace nadir
