#include "generate/schedulers/pndm.h"

#include <torch/torch.h>

namespace nadir {

Pndm::Pndm(const SchedulerConfig& config, std::int64_t steps) : AlphaScheduler(config, steps) {
  if (calls() > 1) timesteps_.insert(timesteps_.begin() + 1, timesteps_[1]);
}

// Adams-Bashforth weights of the outputs seen so far.
torch::Tensor Pndm::combined() const {
  const auto at = [&](std::size_t back) -> const torch::Tensor& { return outputs_[outputs_.size() - back]; };
  switch (outputs_.size()) {
    case 1:
      return at(1);
    case 2:
      return (3 * at(1) - at(2)) / 2;
    case 3:
      return (23 * at(1) - 16 * at(2) + 5 * at(3)) / 12;
    default:
      return (55 * at(1) - 59 * at(2) + 37 * at(3) - 9 * at(4)) / 24;
  }
}

torch::Tensor Pndm::step(const torch::Tensor& output, std::size_t i, const torch::Tensor& sample,
                         const NoiseSource&) {
  // As the reference: the second call of a run, whether the run began at the first timestep or (img2img)
  // later.
  const bool again = calls_made_++ == 1;
  const double from = timesteps_[i] + (again ? static_cast<double>(stride_) : 0);
  torch::Tensor start = sample, direction;
  if (again) {
    direction = (output + outputs_.back()) / 2;
    start = first_sample_;
  } else {
    if (outputs_.size() == 4) outputs_.erase(outputs_.begin());
    outputs_.push_back(output);
    direction = combined();
    if (!first_sample_.defined()) first_sample_ = sample;
  }
  // Formula 9 of the paper.
  const double now = alpha_at(from), next = alpha_at(from - static_cast<double>(stride_));
  if (config_.prediction == Prediction::kVelocity) {
    direction = std::sqrt(now) * direction + std::sqrt(1 - now) * start;
  }
  const double divisor = now * std::sqrt(1 - next) + std::sqrt(now * (1 - now) * next);
  return std::sqrt(next / now) * start - ((next - now) / divisor) * direction;
}

}  // namespace nadir
