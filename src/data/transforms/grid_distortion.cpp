#include "data/transforms/grid_distortion.h"

namespace nadir {
namespace {

class GridDistortion final : public Transform {
 public:
  explicit GridDistortion(const GridDistortionConfig& config) : config_(config) {}

  Sample apply(Sample sample, RandomStream& random) const override {
    if (!random.chance(config_.probability)) return sample;
    const std::vector<float> columns = draw(sample.image.size(-1), random);
    const std::vector<float> rows = draw(sample.image.size(-2), random);
    return distort_grid(std::move(sample), columns, rows, config_.resampling);
  }

 private:
  std::vector<float> draw(std::int64_t size, RandomStream& random) const {
    std::vector<double> factors;
    for (std::int64_t i = 0; i <= std::min(config_.steps, size); ++i) {
      factors.push_back(1 + random.uniform(-config_.limit, config_.limit));
    }
    return grid_positions(size, std::move(factors), config_.flavour);
  }

  GridDistortionConfig config_;
};

// Segment i ends where the next begins; a pixel in it moves by its factor.
std::vector<float> continuous_positions(std::int64_t size, std::int64_t step,
                                        const std::vector<double>& factors) {
  std::vector<double> positions{0};
  for (std::int64_t i = 1; i < size; ++i) {
    const auto segment = std::min(static_cast<std::size_t>((i - 1) / step), factors.size() - 1);
    positions.push_back(positions.back() + factors[segment]);
  }
  const double scale = positions.back() > 0 ? static_cast<double>(size - 1) / positions.back() : 1;
  std::vector<float> scaled;
  for (const double each : positions) scaled.push_back(static_cast<float>(each * scale));
  return scaled;
}

// albumentations' generate_grid, with `normalized`.
std::vector<float> repeating_positions(std::int64_t size, std::int64_t step, std::vector<double> factors) {
  const auto length = static_cast<double>(step);
  const auto segments = static_cast<std::int64_t>(factors.size());
  factors.back() *= static_cast<double>(std::min(size, segments * step) - (segments - 1) * step) / length;
  double sum = 0;
  for (const double each : factors) sum += each;
  std::vector<float> positions(static_cast<std::size_t>(size));
  double from = 0;
  for (std::int64_t i = 0; i < segments; ++i) {
    const double factor = factors[static_cast<std::size_t>(i)] * static_cast<double>(size) / length / sum;
    const double to = from + length * factor;
    const std::int64_t begin = i * step, end = std::min(begin + step, size);
    for (std::int64_t at = begin; at < end; ++at) {
      const double share =
          end - begin > 1 ? static_cast<double>(at - begin) / static_cast<double>(end - begin - 1) : 0;
      positions[static_cast<std::size_t>(at)] = static_cast<float>(from + (to - from) * share);
    }
    from = to;
  }
  return positions;
}

}  // namespace

void GridDistortionConfig::fields(FieldVisitor& visit) {
  visit.field("steps", steps, between(1, 1000));
  visit.field("limit", limit, from_below(0, 1));
  visit.field("flavour", flavour, {"continuous", "albumentations"});
  visit.field("probability", probability, between(0, 1));
  resampling.fields(visit);
}

std::vector<float> grid_positions(std::int64_t size, std::vector<double> factors,
                                  const std::string& flavour) {
  const std::int64_t step = size / (static_cast<std::int64_t>(factors.size()) - 1);
  return flavour == "continuous" ? continuous_positions(size, step, factors)
                                 : repeating_positions(size, step, std::move(factors));
}

Sample distort_grid(Sample sample, const std::vector<float>& columns, const std::vector<float>& rows,
                    const Resampling& how) {
  cv::Mat map_x(static_cast<int>(rows.size()), static_cast<int>(columns.size()), CV_32FC1);
  cv::Mat map_y(map_x.size(), CV_32FC1);
  for (int row = 0; row < map_x.rows; ++row) {
    std::copy(columns.begin(), columns.end(), map_x.ptr<float>(row));
    std::fill_n(map_y.ptr<float>(row), map_y.cols, rows[static_cast<std::size_t>(row)]);
  }
  return warp_by_map(std::move(sample), map_x, map_y, how);
}

std::unique_ptr<Transform> make_grid_distortion(const GridDistortionConfig& config) {
  return std::make_unique<GridDistortion>(config);
}

}  // namespace nadir
