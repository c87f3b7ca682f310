// How much of a picture is left after each step of noise (Ho et al. 2020).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/diffusion/checked_json.h"

namespace nadir {

// What a network was trained to say of a noisy sample x = sqrt(a) x0 + sqrt(1 - a) noise.
enum class Prediction {
  kNoise,     // "epsilon": the noise
  kVelocity,  // "v_prediction": sqrt(a) noise - sqrt(1 - a) x0 (Salimans and Ho 2022)
};

// diffusers' scheduler_config.json; the defaults are Stable Diffusion's. What a scheduler does not use it
// ignores, as diffusers does.
struct SchedulerConfig {
  std::string kind = "ddim";  // ddpm, ddim, pndm, euler, euler_ancestral, dpmpp_2m, unipc
  std::int64_t train_steps = 1000;
  double beta_start = 0.00085;
  double beta_end = 0.012;
  std::string betas = "scaled_linear";  // linear; scaled_linear: linear in the root; squaredcos_cap_v2
  bool zero_terminal_snr = false;       // betas rescaled so that nothing is left at the end (Lin et al. 2023)
  Prediction prediction = Prediction::kNoise;
  std::string spacing =
      "leading";                 // linspace, leading, trailing: which of the training's timesteps are taken
  std::int64_t offset = 1;       // added to "leading" timesteps
  bool final_alpha_one = false;  // ddim, pndm: the last step goes to no noise at all, not to alpha_0
  double eta = 0;                // ddim: 0 deterministic, 1 as noisy as ddpm
  bool karras = false;           // euler, dpmpp_2m, unipc: Karras's sigmas, rho 7
};
// Reads diffusers' file; `_class_name` says the kind. Throws ModelError for what is not supported.
SchedulerConfig read_scheduler_config(CheckedJson json);

// Cumulated alphas of the training's timesteps, as float32 gives them. [train_steps]
class NoiseSchedule {
 public:
  // Throws ConfigError for values out of range.
  explicit NoiseSchedule(const SchedulerConfig& config);
  const std::vector<double>& betas() const { return betas_; }
  const std::vector<double>& alphas() const { return alphas_; }
  double alpha(std::int64_t timestep) const { return alphas_.at(static_cast<std::size_t>(timestep)); }
  // Standard deviation of the noise over that of the signal.
  std::vector<double> sigmas() const;
  double snr(std::int64_t timestep) const { return alpha(timestep) / (1 - alpha(timestep)); }

 private:
  std::vector<double> betas_, alphas_;
};

// Loss weight of a timestep: min(snr, gamma) / snr for noise, / (snr + 1) for velocity (Hang et al. 2023).
double min_snr_weight(double snr, double gamma, Prediction prediction);

}  // namespace nadir
