// The learning-rate range test (Smith 2017, "Cyclical Learning Rates for Training Neural Networks"): the rate
// grows exponentially from step to step; where the loss falls fastest is a good rate, where it rises the rate
// is too high.
#pragma once

#include <string>
#include <vector>

#include "nadir/train.h"

namespace nadir {

struct RangeTestConfig {
  double first = 1e-7;  // rates, both above 0
  double last = 10;
  std::int64_t steps = 100;  // at least 10
  double smoothing = 0.9;    // of the loss, from step to step, corrected for its beginning
  double diverged = 4;       // the test ends when the smoothed loss is so many times the lowest
};
struct RangeTest {
  std::vector<double> rates, losses, smoothed;  // of each step
  double steepest = 0;  // the rate where the loss falls fastest by the rate's logarithm, over a sixth of the
                        // steps: to begin with
  double lowest = 0;    // a tenth of the rate of the lowest smoothed loss: the most cautious choice
};
// Trains the recipe's network for some steps and forgets it; writes nothing. Throws ConfigError for a range
// that is none, Error when the loss is not finite from the first step on.
RangeTest find_learning_rate(const Recipe& recipe, const RangeTestConfig& config,
                             ProgressObserver& observer = silent_observer());
// The choice from a test's rates and losses.
void choose_rates(RangeTest& test);

}  // namespace nadir
