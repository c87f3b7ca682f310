// What the tests of diffusion share: noise by the goldens' rule, and comparisons with their summaries.
#pragma once

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <nlohmann/json.hpp>
#include <string>

#include "golden.h"
#include "nadir/model.h"

namespace nadir::golden {

// normal(name, i), float32 (diffusion.json says how).
inline torch::Tensor normal(const std::string& name, at::IntArrayRef shape) {
  const torch::Tensor u = units(name, {2 * c10::multiply_integers(shape)}).reshape({-1, 2});
  const torch::Tensor radius = (-2 * (1 - u.select(1, 0)).log()).sqrt();
  return (radius * (2 * M_PI * u.select(1, 1)).cos()).to(torch::kFloat32).reshape(shape);
}

inline std::vector<std::int64_t> shape_of(const nlohmann::json& json) {
  return json.at("shape").get<std::vector<std::int64_t>>();
}

struct Tolerance {
  double sum, of_abs_sum, sample;
};

// shape, sum, abs_sum and samples.
inline void expect_summary(const torch::Tensor& tensor, const nlohmann::json& expected,
                           const Tolerance& tolerance) {
  ASSERT_EQ(tensor.sizes().vec(), shape_of(expected));
  const torch::Tensor wide = tensor.to(torch::kFloat64).flatten();
  const double sum = expected.at("sum"), abs_sum = expected.at("abs_sum");
  EXPECT_NEAR(wide.sum().item<double>(), sum,
              std::max(tolerance.sum * std::abs(sum), tolerance.of_abs_sum * abs_sum));
  EXPECT_NEAR(wide.abs().sum().item<double>(), abs_sum, tolerance.sum * abs_sum);
  for (const nlohmann::json& sample : expected.at("samples")) {
    EXPECT_NEAR(wide[sample[0].get<std::int64_t>()].item<double>(), sample[1].get<double>(), tolerance.sample)
        << "at " << sample[0];
  }
}

// Fills a network's parameters by the rule under their own names.
inline void fill(torch::nn::Module& module) {
  const torch::NoGradGuard no_grad;
  for (const auto& [name, tensor] : named_state(module)) {
    const bool norm = tensor.dim() == 1 && name.ends_with(".weight");
    tensor.copy_(state(name, tensor.sizes(), norm));
  }
}

// Stable Diffusion 2.1's scheduler/scheduler_config.json, as it is published.
inline nlohmann::json published_scheduler() {
  return {{"_class_name", "DDIMScheduler"},
          {"_diffusers_version", "0.10.0"},
          {"beta_start", 0.00085},
          {"beta_end", 0.012},
          {"beta_schedule", "scaled_linear"},
          {"clip_sample", false},
          {"prediction_type", "v_prediction"},
          {"set_alpha_to_one", false},
          {"skip_prk_steps", true},
          {"steps_offset", 1},
          {"trained_betas", nullptr},
          {"num_train_timesteps", 1000}};
}

}  // namespace nadir::golden
