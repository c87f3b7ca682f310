#include "data/tile_equalizer.h"

#include <numeric>

namespace nadir {
namespace {

constexpr std::int64_t kBins = 256;

// Where a pixel lies between the middles of two tiles.
struct Between {
  std::int64_t first, second;
  float share;  // of the second
};
Between between_tiles(std::int64_t at, std::int64_t size, std::int64_t tiles) {
  const float position = static_cast<float>(at) * (1.0F / static_cast<float>(size)) - 0.5F;
  const auto first = static_cast<std::int64_t>(std::floor(position));
  return {std::max<std::int64_t>(0, first), std::min(first + 1, tiles - 1),
          position - static_cast<float>(first)};
}

std::int64_t mirrored_at(std::int64_t at, std::int64_t size) {
  if (size == 1) return 0;
  const std::int64_t period = 2 * (size - 1);
  at %= period;
  return at < size ? at : period - at;
}

float look_up(const std::vector<float>& mapping, float level) {
  const auto bin = static_cast<std::size_t>(level);
  const float rest = level - static_cast<float>(bin);
  if (rest == 0) return mapping[bin];
  return mapping[bin] + rest * (mapping[bin + 1] - mapping[bin]);
}

}  // namespace

// OpenCV enlarges the plane by its mirror image; a side that fits the tiles grows by a whole row of them when
// the other does not fit.
TileEqualizer::TileEqualizer(const Layout& layout, double clip_limit, const bool* valid)
    : layout_(layout), clip_limit_(clip_limit), valid_(valid) {
  const bool fits = layout.height % layout.tile_rows == 0 && layout.width % layout.tile_columns == 0;
  const auto grown = [&](std::int64_t side, std::int64_t tiles) {
    return fits ? side : side + tiles - side % tiles;
  };
  tile_height_ = grown(layout.height, layout.tile_rows) / layout.tile_rows;
  tile_width_ = grown(layout.width, layout.tile_columns) / layout.tile_columns;
}

// What is above the limit is spread over all bins.
void TileEqualizer::clip(std::vector<std::int64_t>& bins, std::int64_t pixels) const {
  if (!(clip_limit_ > 0)) return;
  const auto limit =
      std::max<std::int64_t>(1, static_cast<std::int64_t>(clip_limit_ * static_cast<double>(pixels) / kBins));
  std::int64_t above = 0;
  for (std::int64_t& bin : bins) {
    above += std::max<std::int64_t>(0, bin - limit);
    bin = std::min(bin, limit);
  }
  for (std::int64_t& bin : bins) bin += above / kBins;
  std::int64_t rest = above % kBins;
  const auto step = static_cast<std::size_t>(std::max<std::int64_t>(1, rest > 0 ? kBins / rest : 1));
  for (std::size_t i = 0; i < bins.size() && rest > 0; i += step, --rest) ++bins[i];
}

TileEqualizer::Mapping TileEqualizer::mapping_of(std::int64_t tile, const Level& level, bool whole) const {
  const std::int64_t top = tile / layout_.tile_columns * tile_height_;
  const std::int64_t left = tile % layout_.tile_columns * tile_width_;
  std::vector<std::int64_t> bins(kBins);
  std::int64_t pixels = 0;
  for (std::int64_t row = top; row < top + tile_height_; ++row) {
    for (std::int64_t column = left; column < left + tile_width_; ++column) {
      const std::int64_t pixel =
          mirrored_at(row, layout_.height) * layout_.width + mirrored_at(column, layout_.width);
      if (valid_ && !valid_[pixel]) continue;
      const float value = level(pixel);
      ++bins[std::isfinite(value) ? static_cast<std::size_t>(value + 0.5F) : 0];
      ++pixels;
    }
  }
  Mapping mapping(kBins);
  std::iota(mapping.begin(), mapping.end(), 0.0F);
  if (pixels == 0) return mapping;
  clip(bins, pixels);
  const float scale = static_cast<float>(kBins - 1) / static_cast<float>(pixels);
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < bins.size(); ++i) {
    sum += bins[i];
    const float value = std::min(255.0F, static_cast<float>(sum) * scale);
    mapping[i] = whole ? std::nearbyint(value) : value;
  }
  return mapping;
}

void TileEqualizer::run(const Level& level, bool whole, const Put& put) const {
  std::vector<Mapping> mappings;
  for (std::int64_t tile = 0; tile < layout_.tile_rows * layout_.tile_columns; ++tile) {
    mappings.push_back(mapping_of(tile, level, whole));
  }
  for (std::int64_t row = 0, pixel = 0; row < layout_.height; ++row) {
    const Between y = between_tiles(row, tile_height_, layout_.tile_rows);
    for (std::int64_t column = 0; column < layout_.width; ++column, ++pixel) {
      const Between x = between_tiles(column, tile_width_, layout_.tile_columns);
      const float value = level(pixel);
      if (!std::isfinite(value)) continue;
      const auto at = [&](std::int64_t tile_row, std::int64_t tile_column) {
        return look_up(mappings[static_cast<std::size_t>(tile_row * layout_.tile_columns + tile_column)],
                       value);
      };
      const float upper = at(y.first, x.first) * (1 - x.share) + at(y.first, x.second) * x.share;
      const float lower = at(y.second, x.first) * (1 - x.share) + at(y.second, x.second) * x.share;
      put(pixel, upper * (1 - y.share) + lower * y.share);
    }
  }
}

}  // namespace nadir
