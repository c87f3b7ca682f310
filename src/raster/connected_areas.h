// Connected areas (4 neighbours) of equal class, found row by row: memory for one row and for the areas.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace nadir {

constexpr std::int32_t kNoClass = -1;  // a pixel that belongs to no area

// Neighbouring pixels first .. end-1 of one row with one class.
struct Run {
  std::int64_t first = 0;
  std::int64_t end = 0;
  std::int32_t value = 0;
  std::int32_t label = 0;  // from 0; one area may have several, which `Touch` was told of
};

// Gives each run of a row the label of the first run above that it touches, or a new one. The labels follow
// from the rows alone, so that the same rows shown again get the same labels.
class RunLabeller {
 public:
  using Touch = std::function<void(std::int32_t, std::int32_t)>;
  // The row's runs from left to right, without those of kNoClass. `touch` hears of labels that are one area.
  // Throws DataError beyond 2^31 labels.
  std::span<const Run> next_row(std::span<const std::int32_t> values, const Touch& touch);

 private:
  std::int32_t new_label();

  std::vector<Run> above_, row_;
  std::int32_t labels_ = 0;
};

// What is known of an area.
struct AreaSums {
  std::int32_t value = 0;
  std::int64_t pixels = 0;
  double square_metres = 0;
  double probability = 0;  // sum over probability_pixels
  std::int64_t probability_pixels = 0;

  void add(const AreaSums& other);
};

// The sums of the areas, joined as their labels turn out to be one (union-find).
class AreaTable {
 public:
  void add(std::int32_t label, const AreaSums& sums);
  void join(std::int32_t a, std::int32_t b);
  struct Numbered {
    std::vector<std::int32_t> by_label;  // from 1 for areas that were kept, else 0
    std::vector<AreaSums> areas;         // by number - 1
  };
  Numbered number(const std::function<bool(const AreaSums&)>& keep);

 private:
  std::size_t find(std::int32_t label);

  std::vector<std::int32_t> parents_;
  std::vector<AreaSums> sums_;
};

}  // namespace nadir
