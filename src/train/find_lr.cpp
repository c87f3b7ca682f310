#include "train/find_lr.h"

#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "train/grad_scaler.h"
#include "train/objective.h"
#include "train/run_setup.h"

namespace nadir {
namespace {

void check(const RangeTestConfig& config) {
  if (config.first > 0 && config.last > config.first && config.steps >= 10) return;
  throw ConfigError("learning rates from " + shortest(config.first) + " to " + shortest(config.last) +
                    " in " + counted(config.steps, "step") +
                    " are no range; rates have to be above 0 and to rise, in " + "at least 10 steps");
}

// Batches without an end: epoch after epoch.
class EndlessLoader {
 public:
  EndlessLoader(const Dataset& data, const TrainConfig& config, std::uint64_t seed)
      : loader_(data, {.batch_size = config.batch_size, .threads = config.loader_threads, .shuffle = true},
                seed) {
    loader_.start(0);
  }
  Batch next() {
    std::optional<Batch> batch = loader_.next();
    if (!batch) {
      loader_.start(++epoch_);
      batch = loader_.next();
    }
    return std::move(batch.value());
  }

 private:
  Loader loader_;
  std::int64_t epoch_ = 0;
};

class RangeTester {
 public:
  RangeTester(const Recipe& recipe, ProgressObserver& observer)
      : device_(choose_device(recipe.train.device)),
        objective_(make_objective(recipe)),
        data_(prepare_data(recipe)),
        scaler_(recipe.train.loss_scale, recipe.train.precision == "fp16", device_),
        loader_(*data_.train, recipe.train, seed_of(recipe)) {
    const ModelCard card = objective_->describe(data_, observer);
    model_ = objective_->begin({.data = data_, .card = card, .device = device_, .log = observer});
    model_->train();
    optimizer_ = make_optimizer(recipe, *model_);
  }

  double step(double rate) {
    const torch::Tensor loss = objective_->learn(*model_, loader_.next()).loss;
    optimizer_->zero_grad();
    scaler_.scale(loss).backward();
    if (scaler_.unscale(optimizer_->parameters())) optimizer_->step(rate);
    scaler_.update();
    return loss.item<double>();
  }

 private:
  torch::Device device_;
  std::unique_ptr<Objective> objective_;
  PreparedData data_;
  GradScaler scaler_;
  EndlessLoader loader_;
  std::shared_ptr<Model> model_;
  std::unique_ptr<Optimizer> optimizer_;
};

// A slope is of a sixth of all steps: between neighbours it is mostly the chance of two batches.
constexpr std::size_t kHalfWindows = 12;

// Of the line of least squares through the losses over the logarithm of the rates. The losses as they are:
// the smoothed ones come late, by about ten steps, which here is most of a power of ten.
double fitted_slope(const RangeTest& test, std::size_t first, std::size_t last) {
  const auto count = static_cast<double>(last - first + 1);
  double mean_x = 0, mean_y = 0;
  for (std::size_t i = first; i <= last; ++i) {
    mean_x += std::log(test.rates[i]) / count;
    mean_y += test.losses[i] / count;
  }
  double covariance = 0, variance = 0;
  for (std::size_t i = first; i <= last; ++i) {
    const double x = std::log(test.rates[i]) - mean_x;
    covariance += x * (test.losses[i] - mean_y);
    variance += x * x;
  }
  return covariance / variance;
}

}  // namespace

void choose_rates(RangeTest& test) {
  const std::size_t size = test.smoothed.size();
  if (size < 3) return;
  const auto lowest = static_cast<std::size_t>(std::min_element(test.smoothed.begin(), test.smoothed.end()) -
                                               test.smoothed.begin());
  test.lowest = test.rates[lowest] / 10;
  test.steepest = test.rates.front();
  const std::size_t half = std::max<std::size_t>(1, size / kHalfWindows);
  double steepest = 0;
  // Beyond the lowest point the loss falls by chance.
  for (std::size_t i = half; i <= lowest && i + half < size; ++i) {
    const double slope = fitted_slope(test, i - half, i + half);
    if (slope < steepest) {
      steepest = slope;
      test.steepest = test.rates[i];
    }
  }
}

RangeTest find_learning_rate(const Recipe& recipe, const RangeTestConfig& config,
                             ProgressObserver& observer) {
  check(config);
  RangeTester tester(recipe, observer);
  RangeTest test;
  double average = 0;
  double best = std::numeric_limits<double>::infinity();
  for (std::int64_t i = 0; i < config.steps; ++i) {
    if (stop_requested()) throw Interrupted("stopped; a range test keeps nothing");
    const double share = static_cast<double>(i) / static_cast<double>(config.steps - 1);
    const double rate = config.first * std::pow(config.last / config.first, share);
    const double loss = tester.step(rate);
    if (!std::isfinite(loss)) break;
    average = config.smoothing * average + (1 - config.smoothing) * loss;
    const double smoothed = average / (1 - std::pow(config.smoothing, static_cast<double>(i + 1)));
    if (best > 0 && smoothed > config.diverged * best) break;
    best = std::min(best, smoothed);
    test.rates.push_back(rate);
    test.losses.push_back(loss);
    test.smoothed.push_back(smoothed);
    observer.progress(
        {"learning rates", i + 1, config.steps, "loss " + fixed(smoothed, 4) + "  lr " + shortest(rate)});
  }
  if (test.rates.size() < 3)
    throw Error("the loss is not finite at the lowest rates already; look at the data");
  choose_rates(test);
  return test;
}

}  // namespace nadir
