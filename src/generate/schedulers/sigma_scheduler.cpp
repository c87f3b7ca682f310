#include "generate/schedulers/sigma_scheduler.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace nadir {
namespace {

// values[position], linear between whole positions.
double interpolate(const std::vector<double>& values, double position) {
  const double clamped = std::clamp(position, 0.0, static_cast<double>(values.size() - 1));
  const auto low = std::min(static_cast<std::size_t>(clamped), values.size() - 2);
  const double share = clamped - static_cast<double>(low);
  return (1 - share) * values[low] + share * values[low + 1];
}

// The timestep whose sigma this is, linear in the logarithm.
double timestep_of(const std::vector<double>& trained, double sigma) {
  const double wanted = std::log(std::max(sigma, 1e-10));
  const auto after = std::upper_bound(trained.begin(), trained.end(), sigma);
  const auto high = std::clamp<std::ptrdiff_t>(after - trained.begin(), 1, std::ssize(trained) - 1);
  const double low_log = std::log(trained[static_cast<std::size_t>(high - 1)]);
  const double high_log = std::log(trained[static_cast<std::size_t>(high)]);
  const double share = std::clamp((wanted - low_log) / (high_log - low_log), 0.0, 1.0);
  return static_cast<double>(high - 1) + share;
}

}  // namespace

SigmaScheduler::SigmaScheduler(const SchedulerConfig& config, std::int64_t steps, bool solver)
    : config_(config) {
  const std::vector<double> trained = NoiseSchedule(config).sigmas();
  if (config.karras) {
    use_karras_sigmas(trained, steps, solver);
  } else {
    timesteps_ = spaced_timesteps(config, steps, solver);
    if (solver) {
      for (double& each : timesteps_) each = std::nearbyint(each);
    }
    for (const double each : timesteps_) sigmas_.push_back(interpolate(trained, each));
  }
  sigmas_.push_back(0);
}

void SigmaScheduler::use_karras_sigmas(const std::vector<double>& trained, std::int64_t steps, bool solver) {
  constexpr double kRho = 7;
  const double high = std::pow(trained.back(), 1 / kRho), low = std::pow(trained.front(), 1 / kRho);
  for (std::int64_t i = 0; i < steps; ++i) {
    const double share = steps == 1 ? 0 : static_cast<double>(i) / static_cast<double>(steps - 1);
    sigmas_.push_back(std::pow(high + share * (low - high), kRho));
    const double timestep = timestep_of(trained, sigmas_.back());
    timesteps_.push_back(solver ? std::nearbyint(timestep) : timestep);
  }
}

SignalAndNoise signal_and_noise(double sigma) {
  const double signal = 1 / std::sqrt(sigma * sigma + 1);
  const double lambda = sigma > 0 ? -std::log(sigma) : std::numeric_limits<double>::infinity();
  return {signal, sigma * signal, lambda};
}

}  // namespace nadir
