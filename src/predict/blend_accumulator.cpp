#include "predict/blend_accumulator.h"

#include <torch/torch.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>

#include "core/parallel.h"
#include "predict/blend_kernel.h"

namespace nadir {
namespace {

constexpr std::int64_t kPieceValues = 2048;       // of all classes: what fits the first cache beside two more
constexpr std::int64_t kValuesAThread = 1 << 15;  // fewer are not worth waking it

std::size_t index(std::int64_t value) { return static_cast<std::size_t>(value); }

// Rows of tiles over the area whose first row of pixels is the last.
std::int64_t last_top(const TileGrid& grid, const Window& area) {
  return grid.window(grid.tiles_over(area).bottom() - 1, 0).row;
}

}  // namespace

struct BlendAccumulator::TileValues {
  Window tile;
  const float* values;
  std::int64_t class_stride, row_stride, pixel_stride;
  Activation activation;
};

// What a thread works in.
struct BlendAccumulator::Buffers {
  Buffers(std::size_t classes, std::size_t count)
      : stride(count), values(classes * count), share(count), before(count) {}
  float* line(std::size_t k) { return values.data() + k * stride; }

  std::size_t stride;
  std::vector<float> values;  // [K, piece]
  std::vector<float> share, before;
};

BlendAccumulator::BlendAccumulator(const TileGrid& grid, const Window& area, std::int64_t classes,
                                   const torch::Tensor& window, BlendSink& sink)
    : area_(area),
      classes_(classes),
      tile_(grid.tile()),
      step_(grid.step()),
      origin_row_(grid.window(0, 0).row),
      origin_column_(grid.window(0, 0).column),
      last_top_(last_top(grid, area)),
      depth_(((tile_ + step_ - 1) / step_ - 1) * step_),
      piece_(index(std::clamp<std::int64_t>(kPieceValues / classes / 16 * 16, 16, RowPiece::kMost))),
      window_(window.data_ptr<float>(), window.data_ptr<float>() + tile_),
      pending_(index(tile_ * classes * depth_)),
      band_(index(depth_ * classes * area.width)),
      share_(index(tile_)),
      begun_(area.row),
      finished_rows_(area.row),
      sink_(sink) {
  present_.top = grid.window(grid.tiles_over(area).row, 0).row;
  begin_tiles();
}

void BlendAccumulator::begin_tiles() {
  present_.across.assign(index(area_.width), 0.0F);
  covered_ = finished_columns_ = area_.column;
  while (!above_.empty() && above_.front().top + tile_ <= present_.top) above_.pop_front();
  const std::int64_t first = finished_rows_;
  finished_rows_ = present_.top == last_top_
                       ? area_.bottom()
                       : std::clamp(present_.top + step_, finished_rows_, area_.bottom());
  sink_.begin_rows(first, finished_rows_);
}

void BlendAccumulator::add(const Window& tile, const torch::Tensor& scores, Activation activation) {
  if (tile.row != present_.top) throw std::logic_error("a tile of another row of tiles: " + to_string(tile));
  const Window inside = intersection(tile, area_);
  if (inside.empty()) return;
  finish_columns(inside.column);
  weigh(tile);
  const std::int64_t finished = std::min(tile.column + step_, area_.right());
  const TileValues values{
      tile, scores.const_data_ptr<float>(), scores.stride(0), scores.stride(1), scores.stride(2), activation};
  work(columns_of(inside.column, inside.right(), finished), &values);
  covered_ = std::max(covered_, inside.right());
  finished_columns_ = std::max(finished_columns_, finished);
}

void BlendAccumulator::end_tiles(const torch::Tensor& kept) {
  finish_columns(area_.right());
  sink_.end_rows(kept);
  begun_ = std::min(present_.top + tile_, area_.bottom());
  const std::int64_t next = present_.top + step_;
  above_.push_back(std::move(present_));
  present_.top = next;
  if (next <= last_top_) begin_tiles();
}

// Columns that no further tile of this row of tiles touches.
void BlendAccumulator::finish_columns(std::int64_t end) {
  if (end <= finished_columns_) return;
  work(columns_of(finished_columns_, end, end), nullptr);
  finished_columns_ = end;
}

// The tile's part of the weights across so far, and those weights with it.
void BlendAccumulator::weigh(const Window& tile) {
  const Window inside = intersection(tile, area_);
  const auto count = index(inside.width);
  const float* const window = window_.data() + (inside.column - tile.column);
  float* const total = present_.across.data() + (inside.column - area_.column);
  kernel::shares(1, window, total, share_.data() + (inside.column - tile.column), count);
  kernel::add_weights(1, window, total, count);
}

std::vector<BlendAccumulator::Columns> BlendAccumulator::columns_of(std::int64_t first, std::int64_t end,
                                                                    std::int64_t finished) const {
  std::vector<Columns> result;
  while (first < end) {
    std::int64_t next = std::min(end, first + static_cast<std::int64_t>(piece_));
    for (const std::int64_t border : {covered_, finished}) {
      if (border > first) next = std::min(next, border);
    }
    // The buffer of pending columns goes round.
    if (depth_ > 0) next = std::min(next, first + depth_ - (first - origin_column_) % depth_);
    result.push_back({first, index(next - first), first < covered_, first < finished});
    first = next;
  }
  return result;
}

// Rows that lie `depth` apart share a place in the band: one thread works them, the upper one first.
void BlendAccumulator::work(const std::vector<Columns>& columns, const TileValues* tile) {
  if (columns.empty()) return;
  const std::int64_t width = columns.back().first - columns.front().first + tile_ / 2;
  const std::int64_t threads =
      std::clamp<std::int64_t>(tile_ * width * classes_ / kValuesAThread, 1, at::get_num_threads());
  const std::int64_t apart = depth_ > 0 ? depth_ : tile_;
  // A thread that others keep from its processor holds up nobody: rows go to whoever is free.
  std::atomic<std::int64_t> next = 0;
  parallel_for(0, threads, 1, [&](std::int64_t, std::int64_t) {
    Buffers buffers(index(classes_), piece_);
    for (std::int64_t first = next++; first < apart; first = next++) {
      for (std::int64_t row = first; row < tile_; row += apart)
        work_row(present_.top + row, columns, tile, buffers);
    }
  });
}

void BlendAccumulator::work_row(std::int64_t row, const std::vector<Columns>& columns, const TileValues* tile,
                                Buffers& buffers) {
  if (row < area_.row || row >= area_.bottom()) return;
  for (const Columns& each : columns) {
    for (std::int64_t k = 0; k < classes_; ++k) {
      if (each.covered) kernel::prefetch(pending(row, each.first) + k * depth_, each.count);
      if (each.finished && row < begun_)
        kernel::prefetch(band(row, each.first) + k * area_.width, each.count);
    }
    if (tile) load(row, each, *tile, buffers);
    blend_across(row, each, tile, buffers);
    if (each.finished) blend_down(row, each, buffers);
  }
}

void BlendAccumulator::load(std::int64_t row, const Columns& columns, const TileValues& tile,
                            Buffers& buffers) const {
  const float* const from = tile.values + (row - tile.tile.row) * tile.row_stride +
                            (columns.first - tile.tile.column) * tile.pixel_stride;
  const auto classes = index(classes_);
  if (tile.class_stride == 1 && tile.pixel_stride == classes_) {
    kernel::gather(from, classes, columns.count, buffers.values.data(), buffers.stride);
  } else {
    for (std::int64_t k = 0; k < classes_; ++k) {
      const float* const line = from + k * tile.class_stride;
      float* const to = buffers.line(index(k));
      for (std::size_t i = 0; i < columns.count; ++i)
        to[i] = line[static_cast<std::int64_t>(i) * tile.pixel_stride];
    }
  }
  if (tile.activation == Activation::kSoftmax) {
    kernel::softmax(buffers.values.data(), classes, buffers.stride, columns.count);
  } else if (tile.activation == Activation::kSigmoid) {
    for (std::size_t k = 0; k < classes; ++k) kernel::sigmoid(buffers.line(k), columns.count);
  }
}

void BlendAccumulator::blend_across(std::int64_t row, const Columns& columns, const TileValues* tile,
                                    Buffers& buffers) {
  const float* const share = tile ? share_.data() + (columns.first - tile->tile.column) : nullptr;
  float* const before = columns.covered || !columns.finished ? pending(row, columns.first) : nullptr;
  for (std::int64_t k = 0; k < classes_; ++k) {
    float* const line = buffers.line(index(k));
    float* const old = before ? before + k * depth_ : nullptr;
    if (!tile) {
      columns.covered ? std::copy_n(old, columns.count, line) : std::fill_n(line, columns.count, 0.0F);
    } else if (columns.covered && columns.finished) {
      kernel::blend_onto(share, old, line, columns.count);
    } else if (columns.covered) {
      kernel::blend_into(share, line, old, columns.count);
    } else if (!columns.finished) {
      std::copy_n(line, columns.count, old);
    }
  }
}

void BlendAccumulator::blend_down(std::int64_t row, const Columns& columns, Buffers& buffers) {
  const bool finished = row < finished_rows_, begun = row < begun_;
  if (begun) {
    std::fill_n(buffers.before.begin(), columns.count, 0.0F);
    for (const RowOfTiles& each : above_) {
      if (row >= each.top + tile_) continue;
      kernel::add_weights(window_[index(row - each.top)], each.across.data() + columns.first - area_.column,
                          buffers.before.data(), columns.count);
    }
    kernel::shares(window_[index(row - present_.top)], across(columns.first), buffers.before.data(),
                   buffers.share.data(), columns.count);
  }
  float* const rows = begun || !finished ? band(row, columns.first) : nullptr;
  for (std::int64_t k = 0; k < classes_; ++k) {
    float* const line = buffers.line(index(k));
    if (begun && finished) {
      kernel::blend_onto(buffers.share.data(), rows + k * area_.width, line, columns.count);
    } else if (begun) {
      kernel::blend_into(buffers.share.data(), line, rows + k * area_.width, columns.count);
    } else if (!finished) {
      std::copy_n(line, columns.count, rows + k * area_.width);
    }
  }
  if (finished) sink_.take({row, columns.first, columns.count, buffers.values.data(), buffers.stride});
}

float* BlendAccumulator::pending(std::int64_t row, std::int64_t column) {
  return pending_.data() + (row - present_.top) * classes_ * depth_ + (column - origin_column_) % depth_;
}

float* BlendAccumulator::band(std::int64_t row, std::int64_t column) {
  return band_.data() + (row - origin_row_) % depth_ * classes_ * area_.width + column - area_.column;
}

}  // namespace nadir
