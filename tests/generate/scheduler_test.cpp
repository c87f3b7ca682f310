// Schedulers against diffusers' (goldens/diffusion.json): the same dummy model, the same noise.
#include "generate/schedulers/scheduler.h"

#include <regex>

#include "diffusion_golden.h"
#include "generate/guidance.h"
#include "generate/schedulers/sigma_scheduler.h"

namespace nadir {
namespace {

using Json = nlohmann::json;

constexpr golden::Tolerance kTolerance{1e-4, 1e-4, 2e-4};

const Json& file() {
  static const Json json = golden::read(golden::folder() / "diffusion.json");
  return json;
}

SchedulerConfig config_named(const std::string& name) {
  SchedulerConfig config;
  if (name == "ddpm") config.kind = "ddpm", config.offset = 0;
  if (name.starts_with("ddim")) config.kind = "ddim", config.eta = name == "ddim_eta1" ? 1 : 0;
  if (name == "pndm") config.kind = "pndm";
  if (name.starts_with("euler"))
    config.kind = "euler", config.spacing = name == "euler" ? "linspace" : "leading";
  if (name.starts_with("unipc")) config.kind = "unipc", config.spacing = "linspace";
  if (name == "unipc_karras") config.karras = true;
  if (name.starts_with("euler_ancestral")) config.kind = "euler_ancestral", config.spacing = "linspace";
  if (name.starts_with("dpmpp_2m")) {
    config.kind = "dpmpp_2m";
    config.spacing = "linspace";
    config.karras = name.ends_with("karras");
  }
  return config;
}

// diffusion.json and, in the same form, schedulers that it leaves out.
std::vector<Json> scheduler_goldens() {
  std::vector<Json> list = file().at("schedulers");
  const Json more = golden::read(golden::folder() / "diffusion-more-schedulers.json");
  list.insert(list.end(), more.at("schedulers").begin(), more.at("schedulers").end());
  return list;
}

class SchedulerGolden : public testing::TestWithParam<std::string> {};

const char* const kRuns = "runs (timesteps and sigmas stand in the epsilon run)";

void expect_numbers(const std::vector<double>& found, const Json& expected, double relative) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double value = expected[i];
    EXPECT_NEAR(found[i], value, relative * std::abs(value) + 1e-9) << "at " << i;
  }
}

// output = 0.5 x + 0.1 cos(0.01 t)
torch::Tensor dummy_model(const torch::Tensor& x, double t) { return 0.5 * x + 0.1 * std::cos(0.01 * t); }

void expect_run(const std::string& name, const Json& run) {
  SCOPED_TRACE(run.at("prediction_type").get<std::string>() + ", " + run.at("steps").dump() + " steps");
  SchedulerConfig config = config_named(name);
  config.prediction = run.at("prediction_type") == "epsilon" ? Prediction::kNoise : Prediction::kVelocity;
  const auto scheduler = make_scheduler(config, run.at("steps"));
  EXPECT_NEAR(scheduler->init_noise_sigma(), run.at("init_noise_sigma").get<double>(), 1e-4);
  if (run.contains("timesteps")) expect_numbers(scheduler->timesteps(), run.at("timesteps"), 1e-6);
  if (run.contains("sigmas")) {
    expect_numbers(dynamic_cast<SigmaScheduler&>(*scheduler).sigmas(), run.at("sigmas"), 1e-5);
  }
  const std::vector<std::int64_t> shape = run.at("final").at("shape").get<std::vector<std::int64_t>>();
  int draws = 0;
  const NoiseSource noise = [&] {
    return golden::normal("diffusion.noise." + std::to_string(draws++), shape);
  };
  torch::Tensor x = golden::normal("diffusion.latents", shape) * scheduler->init_noise_sigma();
  const Json& after = run.at("after each step [sum, abs_sum]");
  ASSERT_EQ(scheduler->calls(), after.size());
  for (std::size_t i = 0; i < scheduler->calls(); ++i) {
    x = scheduler->step(dummy_model(scheduler->scale_input(x, i), scheduler->timesteps()[i]), i, x, noise);
    const double abs_sum = after[i][1];
    ASSERT_NEAR(x.abs().sum().item<double>(), abs_sum, 1e-4 * abs_sum) << "after call " << i;
  }
  golden::expect_summary(x, run.at("final"), kTolerance);
  EXPECT_EQ(draws, run.value("noise draws", 0));
}

TEST_P(SchedulerGolden, GivesTheReferencesSamples) {
  for (const Json& each : scheduler_goldens()) {
    if (each.at("name") != GetParam()) continue;
    for (const Json& run : each.at(kRuns)) expect_run(GetParam(), run);
  }
}

std::vector<std::string> golden_names() {
  std::vector<std::string> names;
  for (const Json& each : scheduler_goldens()) names.push_back(each.at("name"));
  return names;
}

INSTANTIATE_TEST_SUITE_P(Diffusers, SchedulerGolden, testing::ValuesIn(golden_names()),
                         [](const auto& info) { return info.param; });

TEST(Schedulers, TakeThemselvesFromNoiseToAPictureThatTheNetworkAlwaysSees) {
  // A network that knows the answer: every scheduler must end at it, whatever its formula.
  const torch::Tensor answer = golden::normal("answer", {1, 2, 3, 3});
  for (const std::string& kind : scheduler_names()) {
    for (const Prediction prediction : {Prediction::kNoise, Prediction::kVelocity}) {
      SchedulerConfig config;
      config.kind = kind;
      config.prediction = prediction;
      config.final_alpha_one = true;
      const NoiseSchedule trained(config);
      const auto scheduler = make_scheduler(config, 20);
      torch::Tensor x = golden::normal("start", answer.sizes()) * scheduler->init_noise_sigma();
      int draws = 0;
      const NoiseSource noise = [&] {
        return golden::normal("draw" + std::to_string(draws++), answer.sizes());
      };
      for (std::size_t i = 0; i < scheduler->calls(); ++i) {
        const torch::Tensor seen = scheduler->scale_input(x, i);
        const double a = trained.alpha(static_cast<std::int64_t>(scheduler->timesteps()[i]));
        const torch::Tensor e = (seen - std::sqrt(a) * answer) / std::sqrt(1 - a);
        const torch::Tensor v = std::sqrt(a) * e - std::sqrt(1 - a) * answer;
        x = scheduler->step(prediction == Prediction::kNoise ? e : v, i, x, noise);
      }
      // PLMS extrapolates the noise, which is not constant here, so that it ends near the answer.
      EXPECT_LT((x - answer).abs().max().item<double>(), kind == "pndm" ? 2e-2 : 2e-3) << kind;
    }
  }
}

TEST(Schedulers, BeginInTheMiddleWithAddedNoise) {
  for (const std::string& kind : scheduler_names()) {
    SchedulerConfig config;
    config.kind = kind;
    const auto scheduler = make_scheduler(config, 10);
    const torch::Tensor clean = golden::normal("clean", {1, 1, 4, 4}),
                        noise = golden::normal("noise", {1, 1, 4, 4});
    const double a = NoiseSchedule(config).alpha(static_cast<std::int64_t>(scheduler->timesteps()[5]));
    const torch::Tensor seen = scheduler->scale_input(scheduler->add_noise(clean, noise, 5), 5);
    EXPECT_LT((seen - (std::sqrt(a) * clean + std::sqrt(1 - a) * noise)).abs().max().item<double>(), 1e-5)
        << kind;
  }
}

TEST(Schedulers, RefuseUnknownKindsAndStepsOutOfRange) {
  SchedulerConfig config;
  EXPECT_THROW(make_scheduler(config, 0), ConfigError);
  EXPECT_THROW(make_scheduler(config, 1001), ConfigError);
  config.kind = "heun";
  EXPECT_THROW(make_scheduler(config, 10), ConfigError);
}

TEST(Schedulers, ReadDiffusersFilesAndRefuseWhatTheyCannotDo) {
  const Json sd21 = golden::published_scheduler();
  const SchedulerConfig config = read_scheduler_config(CheckedJson(sd21, "scheduler_config.json"));
  EXPECT_EQ(config.kind, "ddim");
  EXPECT_EQ(config.prediction, Prediction::kVelocity);
  EXPECT_FALSE(config.final_alpha_one);
  for (const auto& [field, value] :
       std::vector<std::pair<std::string, Json>>{{"_class_name", "HeunDiscreteScheduler"},
                                                 {"prediction_type", "sample"},
                                                 {"clip_sample", true},
                                                 {"thresholding", true},
                                                 {"new_thing", 3}}) {
    Json changed = sd21;
    changed[field] = value;
    try {
      read_scheduler_config(CheckedJson(changed, "scheduler_config.json"));
      FAIL() << field << " was accepted";
    } catch (const ModelError& error) {
      EXPECT_NE(std::string(error.what()).find(field), std::string::npos) << error.what();
    }
  }
}

TEST(NoiseScheduleTest, HasTheReferencesNumbers) {
  const Json& training = file().at("training");
  const NoiseSchedule schedule{SchedulerConfig{}};
  SchedulerConfig zero;
  zero.zero_terminal_snr = true;
  const NoiseSchedule without(zero);
  const auto close = [](double found, const Json& expected, double relative) {
    EXPECT_NEAR(found, expected.get<double>(), relative * std::abs(expected.get<double>()) + 1e-7);
  };
  for (std::size_t i = 0; i < training.at("index").size(); ++i) {
    const std::int64_t t = training.at("index")[i];
    SCOPED_TRACE(t);
    close(schedule.betas()[static_cast<std::size_t>(t)], training.at("betas[index]")[i], 1e-5);
    close(schedule.alpha(t), training.at("alphas_cumprod[index]")[i], 1e-5);
    close(schedule.snr(t), training.at("snr[index]")[i], 1e-4);
    close(without.alpha(t), training.at("rescale_betas_zero_snr").at("alphas_cumprod[index]")[i], 1e-4);
    const Json& weights = training.at("min-SNR weight, gamma 5");
    close(min_snr_weight(schedule.snr(t), 5, Prediction::kNoise), weights.at("epsilon: min(snr, 5) / snr")[i],
          1e-4);
    close(min_snr_weight(schedule.snr(t), 5, Prediction::kVelocity),
          weights.at("v: min(snr, 5) / (snr + 1)")[i], 1e-4);
  }
}

TEST(Guidance, IsTheReferences) {
  const Json& guidance = file().at("guidance");
  const std::vector<std::int64_t> shape = guidance.at("shape");
  const torch::Tensor uncond = golden::normal(guidance.at("uncond"), shape);
  const torch::Tensor text = golden::normal(guidance.at("text"), shape);
  for (const Json& each : guidance.at("cases")) {
    golden::expect_summary(guide(uncond, text, each.at("scale")), each, kTolerance);
  }
  golden::expect_summary(rescale_guidance(guide(uncond, text, 7.5), text, 0.7),
                         guidance.at("rescaled (0.7) at 7.5"), kTolerance);
}

}  // namespace
}  // namespace nadir
