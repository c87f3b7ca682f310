// Schedules against PyTorch's, Keras' and transformers' (tests/data/goldens/optim.json), and what holds for
// all.
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <regex>
#include <set>

#include "golden.h"
#include "nadir/train.h"

namespace nadir {
namespace {

using nlohmann::json;

const json& goldens() {
  static const json all = golden::read(golden::folder() / "optim.json");
  return all;
}

std::unique_ptr<Schedule> make(const std::string& name, const std::string& options,
                               const ScheduleContext& context) {
  return schedules().make(name, parse_yaml(options, "test"), context);
}

// How a recipe asks for each case; the file's steps are epochs here.
struct Case {
  double lr;
  double epochs;
  std::string name, options;
};
const std::map<std::string, Case>& cases() {
  // torch counts one cycle from the first step to the last: 100 steps are 99 apart, the peak is at step 0.3 *
  // 100 - 1.
  static const std::string one_cycle_rise = "rise: 0.29292929292929293";  // 29 / 99
  static const std::map<std::string, Case> all = {
      {"cosine", {0.1, 50, "cosine", "{floor: 0.01}"}},
      {"cosine_warm_restarts_torch", {0.1, 150, "cosine_restarts", "{period: 20, floor: 0.01}"}},
      {"warmup_cosine", {0.1, 100, "cosine", "{warmup: 10}"}},
      {"poly", {0.1, 100, "polynomial", "{}"}},
      {"step", {0.1, 30, "step", "{milestones: [10, 25]}"}},
      {"exponential", {0.1, 30, "exponential", "{gamma: 0.97}"}},
      {"one_cycle", {0.1, 99, "one_cycle", "{" + one_cycle_rise + "}"}},
      {"one_cycle_three_phase",
       {0.1, 99, "one_cycle", "{" + one_cycle_rise + ", legs: linear, three_phase: true}"}},
      {"linear_warmup_then_constant", {0.1, 13, "constant", "{warmup: 10, warmup_start: 0.1}"}},
      {"cosine_restarts_seed003",
       {1e-5, 200, "cosine_restarts", "{period: 20, t_mul: 2, m_mul: 0.9, floor: 0.1}"}},
      {"cosine_decay_seed003", {1e-4, 100, "cosine", "{floor: 0.1}"}},
      {"cosine_decay_warmup", {1e-3, 120, "cosine", "{warmup: 10, period: 100, floor: 0.05}"}},
      {"polynomial_decay", {1e-2, 100, "polynomial", "{power: 2, floor: 0.01}"}},
  };
  return all;
}

// What the file has and nadir does not: momentum that runs against one cycle's rate. (Early stopping is the
// trainer's.)
const std::set<std::string> kUncovered = {"one_cycle: momentum", "one_cycle_three_phase: momentum"};

double tolerance() {
  const std::string text = goldens()["tolerance"];
  return std::stod(text.substr(text.find("schedules: relative ") + 20));
}

const json& rates_of(const json& schedule) {
  for (const auto& [key, value] : schedule.items()) {
    if (key.starts_with("lr")) return value;
  }
  throw std::runtime_error("no rates in " + schedule["name"].get<std::string>());
}

TEST(ScheduleGoldenTest, EveryCaseOfTheFileIsCoveredOrSaidNotToBe) {
  std::set<std::string> uncovered;
  for (const json& each : goldens()["schedules"]) {
    const std::string name = each["name"];
    if (!cases().contains(name)) uncovered.insert(name);
    if (each.contains("momentum")) uncovered.insert(name + ": momentum");
  }
  for (const std::string& name : uncovered) std::cout << "not covered: " << name << "\n";
  EXPECT_EQ(uncovered, kUncovered);
}

TEST(ScheduleGoldenTest, RatesAreTheReferences) {
  for (const json& each : goldens()["schedules"]) {
    const std::string name = each["name"];
    const Case& ours = cases().at(name);
    const auto schedule = make(ours.name, ours.options, {.epochs = ours.epochs});
    const json& rates = rates_of(each);
    for (std::size_t step = 0; step < rates.size(); ++step) {
      const double expected = rates[step];
      EXPECT_NEAR(ours.lr * schedule->factor(static_cast<double>(step)), expected, tolerance() * expected)
          << name << " at " << step;
    }
  }
}

double score_of(const json& value) {
  return value.is_string() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

// Options from the case's name, "keras factor 0.2, patience 2, cooldown 2, min_lr 0.002, min_delta 0.005".
std::string plateau_options(const std::string& title, double lr) {
  std::string options = title.starts_with("keras") ? "{flavour: keras" : "{flavour: torch";
  const auto take = [&](const std::string& theirs, const std::string& ours, double divisor) {
    std::smatch found;
    if (!std::regex_search(title, found, std::regex(theirs + R"( ([\d.]+))"))) return;
    options += ", " + ours + ": " + std::to_string(std::stod(found[1]) / divisor);
  };
  take("factor", "gamma", 1);
  take("min_lr", "floor", lr);
  take("min_delta", "threshold", 1);
  take("abs threshold", "threshold", 1);
  if (title.find("abs threshold") != std::string::npos) options += ", threshold_mode: absolute";
  for (const std::string count : {"patience", "cooldown"}) {
    std::smatch found;
    if (std::regex_search(title, found, std::regex(count + R"( (\d+))")))
      options += ", " + count + ": " + std::string(found[1]);
  }
  return options + "}";
}

int expect_plateaus(const json& section) {
  int compared = 0;
  for (const auto& [title, body] : section.items()) {
    if (!body.is_object()) continue;
    const json& rates = body["lr after each epoch"];
    const auto down =
        make("reduce_on_plateau", plateau_options(title, 0.1), {.epochs = 40, .higher_is_better = false});
    for (std::size_t i = 0; i < rates.size(); ++i) {
      down->observe(score_of(section["metric"][i]));
      const double expected = rates[i];
      EXPECT_NEAR(0.1 * down->factor(static_cast<double>(i)), expected, tolerance() * expected)
          << title << " at " << i;
    }
    ++compared;
  }
  return compared;
}

TEST(ReduceOnPlateauTest, FallsWhereTorchAndKerasFall) {
  EXPECT_EQ(expect_plateaus(goldens()["reduce_on_plateau"]), 2);
  EXPECT_EQ(expect_plateaus(goldens()["reduce_on_plateau_keras"]), 2);
}

TEST(ReduceOnPlateauTest, AScoreThatShouldRiseIsTheMirrorOfOneThatShouldFall) {
  for (const std::string flavour : {"torch", "keras"}) {
    const std::string options =
        "{patience: 2, gamma: 0.5, threshold_mode: absolute, flavour: " + flavour + "}";
    const auto falling = make("reduce_on_plateau", options, {.epochs = 40, .higher_is_better = false});
    const auto rising = make("reduce_on_plateau", options, {.epochs = 40, .higher_is_better = true});
    for (const json& value : goldens()["reduce_on_plateau"]["metric"]) {
      falling->observe(score_of(value));
      rising->observe(-score_of(value));
      EXPECT_EQ(falling->factor(0), rising->factor(0)) << flavour;
    }
    EXPECT_LT(falling->factor(0), 1) << flavour;
  }
}

TEST(ReduceOnPlateauTest, RelativeImprovementOfAPositiveScoreIsMeasuredAgainstTheBest) {
  const auto schedule = make("reduce_on_plateau", "{patience: 0, threshold: 0.1, gamma: 0.5}", {});
  schedule->observe(0.5);
  schedule->observe(0.56);
  EXPECT_EQ(schedule->factor(0), 1);
  schedule->observe(0.61);  // less than 10 % above 0.56
  EXPECT_EQ(schedule->factor(0), 0.5);
}

TEST(ReduceOnPlateauTest, StateGoesRoundAtEveryEpoch) {
  const std::string options = "{patience: 2, cooldown: 1, gamma: 0.5, warmup: 1, better: lower}";
  const auto straight = make("reduce_on_plateau", options, {.epochs = 40});
  for (const json& value : goldens()["reduce_on_plateau"]["metric"]) {
    const auto resumed = make("reduce_on_plateau", options, {.epochs = 40});
    resumed->load_state(straight->state());
    straight->observe(score_of(value));
    resumed->observe(score_of(value));
    EXPECT_EQ(straight->state(), resumed->state());
  }
  EXPECT_LT(straight->factor(5), 1);
  EXPECT_THROW(straight->load_state({1, 2}), ModelError);
}

std::string options_for(const std::string& name) { return name == "step" ? "{every: 3}" : "{}"; }

TEST(ScheduleContractTest, FactorsLieBetweenNothingAndTheFullRate) {
  for (const std::string& name : schedules().names()) {
    const auto schedule = make(name, options_for(name), {.epochs = 10});
    for (double position = 0; position < 14; position += 0.37) {
      EXPECT_GE(schedule->factor(position), 0) << name << " at " << position;
      EXPECT_LE(schedule->factor(position), 1) << name << " at " << position;
    }
  }
}

TEST(ScheduleContractTest, WarmUpRisesStraightToWhereTheScheduleBegins) {
  for (const std::string& name : schedules().names()) {
    if (name == "one_cycle") continue;  // begins low by itself
    std::string options = options_for(name);
    options = options == "{}" ? "{warmup: 2, warmup_start: 0.2}" : "{warmup: 2, warmup_start: 0.2, every: 3}";
    const auto warm = make(name, options, {.epochs = 12});
    const auto cold = make(name, options_for(name), {.epochs = 10});
    EXPECT_NEAR(warm->factor(0), 0.2, 1e-12) << name;
    EXPECT_NEAR(warm->factor(1), 0.6, 1e-12) << name;
    for (double position = 0; position < 10; position += 0.5) {
      EXPECT_NEAR(warm->factor(position + 2), cold->factor(position), 1e-12) << name << " at " << position;
    }
  }
}

TEST(ScheduleContractTest, SchedulesThatDoNotLookAtScoresKeepNoState) {
  for (const std::string& name : schedules().names()) {
    if (name == "reduce_on_plateau") continue;
    const auto schedule = make(name, options_for(name), {.epochs = 10});
    schedule->observe(0.5);
    EXPECT_TRUE(schedule->state().empty()) << name;
    EXPECT_NO_THROW(schedule->load_state({})) << name;
    EXPECT_THROW(schedule->load_state({1}), ModelError) << name;
  }
}

TEST(ScheduleErrorTest, SettingsThatCannotWorkAreRefused) {
  EXPECT_THROW(make("cosine", "{warmup: 10}", {.epochs = 10}), ConfigError);
  EXPECT_THROW(make("step", "{}", {.epochs = 10}), ConfigError);
  EXPECT_THROW(make("step", "{every: 3, milestones: [2]}", {.epochs = 10}), ConfigError);
  EXPECT_THROW(make("one_cycle", "{three_phase: true, rise: 0.6}", {.epochs = 10}), ConfigError);
}

}  // namespace
}  // namespace nadir
