#include "generate/schedulers/scheduler.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "core/text.h"
#include "generate/schedulers/ddim.h"
#include "generate/schedulers/ddpm.h"
#include "generate/schedulers/dpm_solver.h"
#include "generate/schedulers/euler.h"
#include "generate/schedulers/pndm.h"
#include "generate/schedulers/unipc.h"

namespace nadir {
namespace {

using Maker = std::unique_ptr<Scheduler> (*)(const SchedulerConfig&, std::int64_t);

template <class T>
std::unique_ptr<Scheduler> make(const SchedulerConfig& config, std::int64_t steps) {
  return std::make_unique<T>(config, steps);
}

const std::vector<std::pair<std::string, Maker>>& registry() {
  static const std::vector<std::pair<std::string, Maker>> list = {
      {"ddpm", make<Ddpm>},
      {"ddim", make<Ddim>},
      {"pndm", make<Pndm>},
      {"euler", make<Euler>},
      {"euler_ancestral", make<EulerAncestral>},
      {"dpmpp_2m", make<DpmSolver>},
      {"unipc", make<UniPc>},
  };
  return list;
}

}  // namespace

std::vector<std::string> scheduler_names() {
  std::vector<std::string> names;
  for (const auto& each : registry()) names.push_back(each.first);
  return names;
}

std::unique_ptr<Scheduler> make_scheduler(const SchedulerConfig& config, std::int64_t steps) {
  if (steps < 1 || steps > config.train_steps) {
    throw ConfigError("steps: " + std::to_string(steps) + " is out of 1 to " +
                      std::to_string(config.train_steps));
  }
  for (const auto& [name, maker] : registry()) {
    if (name == config.kind) return maker(config, steps);
  }
  throw ConfigError("scheduler '" + config.kind + "' is unknown; use one of " +
                    join_words(scheduler_names()));
}

std::vector<double> spaced_timesteps(const SchedulerConfig& config, std::int64_t steps, bool solver) {
  const auto train = static_cast<double>(config.train_steps);
  std::vector<double> result;
  if (config.spacing == "linspace") {
    const std::int64_t points = solver ? steps + 1 : steps;
    for (std::int64_t i = points - 1; i >= (solver ? 1 : 0); --i) {
      const double share = points == 1 ? 0 : static_cast<double>(i) / static_cast<double>(points - 1);
      result.push_back(share * (train - 1));
    }
  } else if (config.spacing == "leading") {
    const std::int64_t ratio = config.train_steps / (solver ? steps + 1 : steps);
    const std::int64_t first = solver ? steps : steps - 1, last = solver ? 1 : 0;
    for (std::int64_t i = first; i >= last; --i)
      result.push_back(static_cast<double>(i * ratio + config.offset));
  } else {
    for (std::int64_t i = 0; i < steps; ++i) {
      result.push_back(std::nearbyint(train - static_cast<double>(i) * train / static_cast<double>(steps)) -
                       1);
    }
  }
  return result;
}

Parts split_prediction(Prediction prediction, const torch::Tensor& output, const torch::Tensor& sample,
                       double a) {
  const double signal = std::sqrt(a), noise = std::sqrt(1 - a);
  if (prediction == Prediction::kVelocity) {
    return {signal * sample - noise * output, signal * output + noise * sample};
  }
  if (a <= 0) {
    throw ConfigError(
        "with zero terminal signal-to-noise the noise says nothing of the picture: such a schedule "
        "needs v_prediction, or a spacing other than trailing");
  }
  return {(sample - noise * output) / signal, output};
}

}  // namespace nadir
