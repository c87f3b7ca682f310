#include "predict/tile_reader.h"

#include <torch/torch.h>
#include <cstring>

namespace nadir {
namespace {

// How a line of a tile is made from a line of the raster: mirrored pixels, a straight run, mirrored pixels.
struct LinePlan {
  std::vector<std::int64_t> from;  // of each pixel, counted from the first column that is held
  std::size_t run_begin = 0, run_end = 0;
};

LinePlan plan_line(std::int64_t first, std::int64_t count, std::int64_t size, std::int64_t left) {
  const std::int64_t begin = std::clamp<std::int64_t>(-first, 0, count);
  const std::int64_t end = std::clamp<std::int64_t>(size - first, begin, count);
  std::vector<std::int64_t> from = mirrored_indices(first, count, size);
  for (std::int64_t& column : from) column -= left;
  return {std::move(from), static_cast<std::size_t>(begin), static_cast<std::size_t>(end)};
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

// The tiles over the area, in whole batches.
Window whole_batches(const TileGrid& grid, const Window& area, std::int64_t batch) {
  const Window tiles = grid.tiles_over(area);
  const std::int64_t left = tiles.column / batch * batch;
  const std::int64_t right = std::min((tiles.right() + batch - 1) / batch * batch, grid.columns());
  return {tiles.row, left, tiles.height, right - left};
}

struct Span {
  std::int64_t begin, end;
};

// The raster's columns that these tiles show, mirrored ones too.
Span columns_of(const TileGrid& grid, const Window& tiles, std::int64_t width) {
  Span span{width, 0};
  for (const std::int64_t tile : {tiles.column, tiles.right() - 1}) {
    const std::vector<std::int64_t> columns =
        mirrored_indices(grid.window(0, tile).column, grid.tile(), width);
    span.begin = std::min(span.begin, *std::min_element(columns.begin(), columns.end()));
    span.end = std::max(span.end, *std::max_element(columns.begin(), columns.end()) + 1);
  }
  return span;
}

// [grid rows] the highest raster row that this row of tiles or a later one needs.
std::vector<std::int64_t> first_needed(const TileGrid& grid, std::int64_t end, std::int64_t height) {
  std::vector<std::int64_t> needed(static_cast<std::size_t>(end));
  std::int64_t highest = height;
  for (std::int64_t row = end - 1; row >= 0; --row) {
    // Mirroring at the lower edge turns back to rows above the tile's own.
    const std::vector<std::int64_t> lines = mirrored_indices(grid.window(row, 0).row, grid.tile(), height);
    highest = std::min(highest, *std::min_element(lines.begin(), lines.end()));
    needed[static_cast<std::size_t>(row)] = highest;
  }
  return needed;
}

SourceRows rows_for(const PixelSource& source, const TileGrid& grid, const Window& tiles,
                    const std::vector<std::int64_t>& needed) {
  const Span columns = columns_of(grid, tiles, source.width);
  return {source, needed[static_cast<std::size_t>(tiles.row)], columns.begin, columns.end};
}

}  // namespace

TileReader::TileReader(const PixelSource& source, const TileGrid& grid, const Window& area,
                       std::int64_t batch_size)
    : source_(source),
      grid_(grid),
      area_(area),
      tiles_(whole_batches(grid, area, batch_size)),
      batch_size_(batch_size),
      tile_(grid.tile()),
      rows_(rows_for(source, grid, tiles_, first_needed(grid, tiles_.bottom(), source.height))),
      first_needed_(first_needed(grid, tiles_.bottom(), source.height)),
      row_(tiles_.row),
      column_(tiles_.column),
      finished_(area.row) {}

std::optional<TileBatch> TileReader::next() {
  if (row_ == tiles_.bottom()) return std::nullopt;
  if (column_ == tiles_.column) begin_row();
  TileBatch batch;
  const std::int64_t end = std::min(column_ + batch_size_, tiles_.right());
  for (; column_ < end; ++column_) take_tile(batch);
  if (column_ == tiles_.right()) end_row(batch);
  const std::int64_t count = std::ssize(batch.tiles);
  if (batch.images.defined()) batch.images = batch.images.narrow(0, 0, count);
  if (batch.valid.defined()) batch.valid = batch.valid.narrow(0, 0, count);
  return batch;
}

void TileReader::begin_row() {
  lines_ = mirrored_indices(grid_.window(row_, 0).row, tile_, source_.height);
  rows_.drop_above(first_needed_[static_cast<std::size_t>(row_)]);
  rows_.read_until(*std::max_element(lines_.begin(), lines_.end()) + 1);
  const auto any = [&](auto mask) { return std::any_of(lines_.begin(), lines_.end(), mask); };
  masked_ = any([&](std::int64_t row) { return rows_.valid(row) != nullptr; });
  thinned_ = any([&](std::int64_t row) { return rows_.kept(row) != nullptr; });
}

void TileReader::end_row(TileBatch& batch) {
  column_ = tiles_.column;
  ++row_;
  batch.ends_row = true;
  const std::int64_t bottom =
      row_ == tiles_.bottom() ? area_.bottom() : std::min(grid_.window(row_, 0).row, area_.bottom());
  if (bottom <= finished_) return;
  batch.kept = rows_.kept_in({finished_, area_.column, bottom - finished_, area_.width});
  finished_ = bottom;
}

void TileReader::take_tile(TileBatch& batch) {
  const Window window = grid_.window(row_, column_);
  if (thinned_ && !any_kept(window)) {
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

bool TileReader::any_kept(const Window& window) const {
  const Window inside = intersection(window, {0, 0, source_.height, source_.width});
  for (std::int64_t row = inside.row; row < inside.bottom(); ++row) {
    const bool* const kept = rows_.kept(row);
    if (!kept) return true;
    const bool* const first = kept + inside.column - rows_.left();
    if (std::find(first, first + inside.width, true) != first + inside.width) return true;
  }
  return false;
}

void TileReader::copy_pixels(const Window& window, const torch::Tensor& image) const {
  const LinePlan plan = plan_line(window.column, tile_, source_.width, rows_.left());
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
  const LinePlan plan = plan_line(window.column, tile_, source_.width, rows_.left());
  bool* to = batch.valid.data_ptr<bool>() + std::ssize(batch.tiles) * tile_ * tile_;
  for (const std::int64_t row : lines_) {
    if (const bool* const from = rows_.valid(row)) copy_line(plan, from, to);
    to += tile_;
  }
}

}  // namespace nadir
