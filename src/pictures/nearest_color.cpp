#include "pictures/nearest_color.h"

#include <ATen/ops/empty.h>

#include <limits>
#include <map>
#include <stdexcept>

namespace nadir {
namespace {

constexpr int kCubeSide = 4;  // of a cube, colours
constexpr int kCubes = 64;    // along each axis

int square(int x) { return x * x; }

int distance(const Rgb& a, const Rgb& b) {
  return square(a[0] - b[0]) + square(a[1] - b[1]) + square(a[2] - b[2]);
}

// Squared distances from a value to the nearest and to the farthest of a cube's values on one axis.
struct Reach {
  int near = 0, far = 0;
};
Reach reach(int value, int cube) {
  const int low = cube * kCubeSide, high = low + kCubeSide - 1;
  const int near = value < low ? low - value : value > high ? value - high : 0;
  return {square(near), square(std::max(std::abs(value - low), std::abs(value - high)))};
}

}  // namespace

NearestColor::NearestColor(std::vector<LabelColor> colors) : colors_(std::move(colors)) {
  if (colors_.empty() || colors_.size() > std::numeric_limits<std::uint16_t>::max()) {
    throw std::logic_error("colours are found among 1 to 65,535 others");
  }
  cubes_.resize(static_cast<std::size_t>(kCubes) * kCubes * kCubes);
  std::map<std::vector<std::uint16_t>, std::int32_t> known;  // lists, and what stands for them
  std::vector<Reach> reaches(colors_.size());
  std::vector<std::uint16_t> list;
  for (std::size_t cube = 0; cube < cubes_.size(); ++cube) {
    const int at[] = {static_cast<int>(cube >> 12), static_cast<int>(cube >> 6 & 63),
                      static_cast<int>(cube & 63)};
    int bound = std::numeric_limits<int>::max();  // no winner is farther away than this
    for (std::size_t i = 0; i < colors_.size(); ++i) {
      reaches[i] = {};
      for (std::size_t axis = 0; axis < 3; ++axis) {
        const Reach one = reach(colors_[i].color[axis], at[axis]);
        reaches[i].near += one.near;
        reaches[i].far += one.far;
      }
      bound = std::min(bound, reaches[i].far);
    }
    list.clear();
    bool one_label = true;
    for (std::size_t i = 0; i < colors_.size(); ++i) {
      if (reaches[i].near > bound) continue;
      list.push_back(static_cast<std::uint16_t>(i));
      one_label = one_label && colors_[i].label == colors_[list[0]].label;
    }
    if (one_label) {
      cubes_[cube] = colors_[list[0]].label;
      continue;
    }
    const auto [place, is_new] = known.emplace(list, -1 - static_cast<std::int32_t>(lists_.size()));
    if (is_new) {
      lists_.push_back(static_cast<std::uint16_t>(list.size()));
      lists_.insert(lists_.end(), list.begin(), list.end());
    }
    cubes_[cube] = place->second;
  }
}

std::uint8_t NearestColor::compare(std::size_t list, const Rgb& color) const {
  const std::uint16_t* place = lists_.data() + list;
  const std::uint16_t* const end = place + 1 + *place;
  const LabelColor* best = nullptr;
  int least = std::numeric_limits<int>::max();
  for (++place; place != end; ++place) {
    const LabelColor& each = colors_[*place];
    const int far = distance(each.color, color);
    if (far < least) {
      least = far;
      best = &each;
    }
  }
  return best->label;
}

at::Tensor NearestColor::labels(const at::Tensor& planes) const {
  const std::int64_t pixels = planes.size(1) * planes.size(2);
  at::Tensor found = at::empty({planes.size(1), planes.size(2)}, at::kByte);
  const at::Tensor source = planes.contiguous();
  const auto* red = source.const_data_ptr<std::uint8_t>();
  auto* const to = found.mutable_data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < pixels; ++i) to[i] = (*this)(red[i], red[pixels + i], red[2 * pixels + i]);
  return found;
}

}  // namespace nadir
