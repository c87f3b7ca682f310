#include "generate/noise_schedule.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace nadir {
namespace {

torch::Tensor make_betas(const SchedulerConfig& config) {
  const auto steps = config.train_steps;
  if (config.betas == "linear") return torch::linspace(config.beta_start, config.beta_end, steps);
  if (config.betas == "scaled_linear") {
    return torch::linspace(std::sqrt(config.beta_start), std::sqrt(config.beta_end), steps).square();
  }
  if (config.betas != "squaredcos_cap_v2") {
    throw ConfigError("beta schedule '" + config.betas +
                      "' is unknown; use linear, scaled_linear or squaredcos_cap_v2");
  }
  const auto bar = [](double t) { return std::pow(std::cos((t + 0.008) / 1.008 * M_PI / 2), 2); };
  std::vector<double> betas;
  for (std::int64_t i = 0; i < steps; ++i) {
    const auto n = static_cast<double>(steps), t = static_cast<double>(i);
    betas.push_back(std::min(1 - bar((t + 1) / n) / bar(t / n), 0.999));
  }
  return torch::tensor(betas, torch::kFloat32);
}

// Lin et al. 2023, algorithm 1: shift and stretch sqrt(alphas) so that the last is 0 and the first stays.
torch::Tensor without_terminal_signal(const torch::Tensor& betas) {
  torch::Tensor root = (1 - betas).cumprod(0).sqrt();
  const torch::Tensor first = root[0].clone(), last = root[-1].clone();
  root = (root - last) * (first / (first - last));
  const torch::Tensor bar = root.square();
  const torch::Tensor alphas = torch::cat({bar.slice(0, 0, 1), bar.slice(0, 1) / bar.slice(0, 0, -1)});
  return 1 - alphas;
}

std::vector<double> doubles(const torch::Tensor& values) {
  const torch::Tensor wide = values.to(torch::kFloat64).contiguous();
  return {wide.data_ptr<double>(), wide.data_ptr<double>() + wide.numel()};
}

std::string kind_of(CheckedJson& json) {
  static const std::map<std::string, std::string> kinds = {
      {"DDPMScheduler", "ddpm"},
      {"DDIMScheduler", "ddim"},
      {"PNDMScheduler", "pndm"},
      {"EulerDiscreteScheduler", "euler"},
      {"EulerAncestralDiscreteScheduler", "euler_ancestral"},
      {"DPMSolverMultistepScheduler", "dpmpp_2m"},
      {"UniPCMultistepScheduler", "unipc"}};
  const auto found = kinds.find(json.text("_class_name", "DDIMScheduler"));
  if (found == kinds.end()) {
    json.refuse("_class_name",
                "DDPMScheduler, DDIMScheduler, PNDMScheduler, EulerDiscreteScheduler, "
                "EulerAncestralDiscreteScheduler, DPMSolverMultistepScheduler, UniPCMultistepScheduler");
  }
  return found->second;
}

}  // namespace

NoiseSchedule::NoiseSchedule(const SchedulerConfig& config) {
  if (config.train_steps < 2) throw ConfigError("a scheduler needs 2 training timesteps or more");
  torch::Tensor betas = make_betas(config);
  if (config.zero_terminal_snr) betas = without_terminal_signal(betas);
  betas_ = doubles(betas);
  alphas_ = doubles((1 - betas).cumprod(0));
}

std::vector<double> NoiseSchedule::sigmas() const {
  std::vector<double> result;
  // Without a signal sigma would be infinite; diffusers takes 2^-24 there.
  for (const double a : alphas_) {
    const double alpha = std::max(a, std::exp2(-24));
    result.push_back(std::sqrt((1 - alpha) / alpha));
  }
  return result;
}

double min_snr_weight(double snr, double gamma, Prediction prediction) {
  return std::min(snr, gamma) / (prediction == Prediction::kNoise ? snr : snr + 1);
}

SchedulerConfig read_scheduler_config(CheckedJson json) {
  SchedulerConfig config;
  config.kind = kind_of(json);
  config.train_steps = json.integer("num_train_timesteps", 1000);
  config.beta_start = json.number("beta_start", 0.0001);
  config.beta_end = json.number("beta_end", 0.02);
  config.betas = json.text("beta_schedule", "linear");
  config.zero_terminal_snr = json.flag("rescale_betas_zero_snr", false);
  const std::string prediction = json.text("prediction_type", "epsilon");
  if (prediction != "epsilon" && prediction != "v_prediction") {
    json.refuse("prediction_type", "epsilon, v_prediction");
  }
  config.prediction = prediction == "epsilon" ? Prediction::kNoise : Prediction::kVelocity;
  const bool by_sigma =
      config.kind == "dpmpp_2m" || config.kind == "unipc" || config.kind.starts_with("euler");
  config.spacing = json.text("timestep_spacing", by_sigma ? "linspace" : "leading");
  if (config.spacing != "linspace" && config.spacing != "leading" && config.spacing != "trailing") {
    json.refuse("timestep_spacing", "linspace, leading, trailing");
  }
  config.offset = json.integer("steps_offset", 0);
  config.final_alpha_one = json.flag("set_alpha_to_one", config.kind != "pndm");
  config.karras = json.flag("use_karras_sigmas", false);
  json.only("clip_sample", false);
  json.only("thresholding", false);
  json.only("trained_betas", nullptr);
  if (config.kind == "pndm") json.only("skip_prk_steps", true);
  if (config.kind == "dpmpp_2m") {
    json.only("algorithm_type", "dpmsolver++");
    json.only("solver_order", 2);
    json.only("solver_type", "midpoint");
    json.only("lower_order_final", true);
  }
  if (config.kind == "unipc") {
    json.only("solver_order", 2);
    json.only("solver_type", "bh2");
    json.only("predict_x0", true);
  }
  json.ignore({"skip_prk_steps", "variance_type", "clip_sample_range", "sample_max_value", "algorithm_type",
               "solver_order", "solver_type", "lower_order_final", "dynamic_thresholding_ratio",
               "interpolation_type", "final_sigmas_type", "predict_x0", "disable_corrector", "timestep_type",
               "lambda_min_clipped"});
  json.finish();
  return config;
}

}  // namespace nadir
