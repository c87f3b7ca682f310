#include "data/value_histogram.h"

#include <numeric>
#include <stdexcept>

namespace nadir {
namespace {

std::size_t bins_for(torch::ScalarType type) {
  switch (type) {
    case torch::kUInt8:
      return 256;
    case torch::kUInt16:
    case torch::kInt16:
      return 65536;
    case torch::kFloat32:
      return std::size_t{1} << 18;
    default:
      throw std::logic_error("no histogram for values of type " + std::string(c10::toString(type)));
  }
}

}  // namespace

ValueHistogram::ValueHistogram(torch::ScalarType type) : type_(type), bins_(bins_for(type)) {}

double ValueHistogram::value_of(std::size_t bin) const {
  if (type_ == torch::kInt16) return static_cast<double>(bin) - 32768;
  if (type_ != torch::kFloat32) return static_cast<double>(bin);
  const auto float_of = [](std::uint32_t key) {
    return std::bit_cast<float>((key & 0x80000000U) != 0 ? key & 0x7fffffffU : ~key);
  };
  const auto first = static_cast<std::uint32_t>(bin) << kDropped;
  const float low = float_of(first), high = float_of(first + ((1U << kDropped) - 1));
  return (static_cast<double>(low) + static_cast<double>(high)) / 2;
}

std::vector<double> ValueHistogram::quantiles(std::int64_t steps) const {
  std::vector<double> result(static_cast<std::size_t>(steps) + 1);
  const std::int64_t count = std::accumulate(bins_.begin(), bins_.end(), std::int64_t{0});
  if (count == 0) return result;
  std::size_t bin = 0;
  std::int64_t before = 0;  // values in the bins before it
  const auto value_at = [&](std::size_t from, std::int64_t first, std::int64_t rank) {
    while (first + bins_[from] <= rank) first += bins_[from++];
    return std::tuple(from, first, value_of(from));
  };
  for (std::int64_t step = 0; step <= steps; ++step) {
    const double rank =
        static_cast<double>(step) / static_cast<double>(steps) * static_cast<double>(count - 1);
    const auto lower = static_cast<std::int64_t>(rank);
    const double share = rank - static_cast<double>(lower);
    double low = 0;
    std::tie(bin, before, low) = value_at(bin, before, lower);
    const double high = share > 0 ? std::get<2>(value_at(bin, before, lower + 1)) : low;
    result[static_cast<std::size_t>(step)] = low + share * (high - low);
  }
  return result;
}

}  // namespace nadir
