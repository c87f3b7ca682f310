// Optimizers against PyTorch's and Keras' (tests/data/goldens/optim.json), and what holds for all of them.
#include <gtest/gtest.h>

#include <map>
#include <regex>

#include "golden.h"
#include "nadir/train.h"
#include "train/optimizers/clip.h"

namespace nadir {
namespace {

using nlohmann::json;

const json& goldens() {
  static const json all = golden::read(golden::folder() / "optim.json");
  return all;
}

std::unique_ptr<Optimizer> make(const std::string& name, const std::string& options,
                                const NamedTensors& parameters) {
  return optimizers().make(name, parse_yaml(options, "test"), parameters);
}

// "torch.optim.Adam(lr=0.05, eps=0.1)" as a recipe says it. The references decay every parameter.
struct Call {
  std::string name;
  std::string options = "{decay_norms: true";
};

Call call_of(const std::string& reference) {
  static const std::map<std::string, std::string> words = {
      {"learning_rate", "lr"}, {"eps", "epsilon"}, {"decoupled_weight_decay", "decoupled"}, {"True", "true"}};
  const auto ours = [&](const std::string& word) { return words.contains(word) ? words.at(word) : word; };
  Call call;
  std::smatch found;
  if (!std::regex_search(reference, found,
                         std::regex(R"((torch\.optim|keras\.optimizers)\.(\w+)\(([^)]*)\))"))) {
    throw std::runtime_error("cannot read " + reference);
  }
  call.name = found[2];
  std::transform(call.name.begin(), call.name.end(), call.name.begin(),
                 [](char c) { return std::tolower(c); });
  if (found[1] == "keras.optimizers") call.options += ", flavour: keras";
  const std::string arguments = found[3];
  const std::regex argument(R"((\w+)=([^,]+))");
  for (std::sregex_iterator it(arguments.begin(), arguments.end(), argument), end; it != end; ++it) {
    call.options += ", " + ours((*it)[1]) + ": " + ours((*it)[2]);
  }
  call.options += "}";
  return call;
}

// The file's problem: mean((X W^T + b - Y)^2).
struct Problem {
  torch::Tensor x, y, weight, bias;

  explicit Problem(torch::ScalarType type) {
    const auto symmetric = [&](const char* name, double size) {
      const json& of = goldens()["problem"][name];
      const std::vector<std::int64_t> shape = of["shape"];
      return ((2 * golden::units(of["name"], shape) - 1) * size).to(torch::kFloat32).to(type);
    };
    x = symmetric("x", 2);
    y = symmetric("y", 3);
    weight = golden::state("optim.weight", {4, 3}, false).to(type).requires_grad_();
    bias = golden::state("optim.bias", {4}, false).to(type).requires_grad_();
  }

  NamedTensors parameters() const { return {{"weight", weight}, {"bias", bias}}; }

  double backward(Optimizer& optimizer) const {
    optimizer.zero_grad();
    const torch::Tensor loss = (x.matmul(weight.t()) + bias - y).square().mean();
    loss.backward();
    return loss.item<double>();
  }
};

double number_in(const std::string& text, const std::string& pattern) {
  std::smatch found;
  if (!std::regex_search(text, found, std::regex(pattern)))
    throw std::runtime_error("no " + pattern + " in " + text);
  return std::stod(found[1]);
}

// What the file allows for a parameter.
double allowed(const json& golden_case, torch::ScalarType type) {
  if (golden_case["name"].get<std::string>().starts_with("keras")) {
    return number_in(goldens()["keras"], R"(parameters to ([\d.e-]+) absolute)");
  }
  const std::string number = type == torch::kFloat64 ? R"(([\d.e-]+) \(float64\))" : R"(([\d.e-]+) absolute)";
  return number_in(goldens()["tolerance"], number);
}

// The file prints nine significant digits: its numbers stand for those half a unit of the last one around
// them.
double half_last_digit(double value) {
  return value == 0 ? 0 : 0.5 * std::pow(10.0, std::floor(std::log10(std::abs(value))) - 8);
}

void expect_values(const torch::Tensor& actual, const json& expected, double close, const std::string& what) {
  const torch::Tensor flat = actual.detach().flatten();
  ASSERT_EQ(flat.numel(), static_cast<std::int64_t>(expected.size()));
  for (std::int64_t i = 0; i < flat.numel(); ++i) {
    const auto value = expected[static_cast<std::size_t>(i)].get<double>();
    EXPECT_NEAR(flat[i].item<double>(), value, close + half_last_digit(value)) << what << " " << i;
  }
}

torch::Tensor checksums(const torch::Tensor& tensor) {
  const torch::Tensor wide = tensor.detach().to(torch::kFloat64);
  return torch::stack({wide.sum(), wide.square().sum()});
}

void expect_golden_run(const json& each, torch::ScalarType type) {
  const std::string name = each["name"];
  const std::string reference = each["reference"];
  const Call call = call_of(reference);
  const Problem problem(type);
  const auto optimizer = make(call.name, call.options, problem.parameters());
  const double close = allowed(each, type);
  const double close_loss = number_in(goldens()["tolerance"], R"(relative ([\d.e-]+) on losses)");
  const json& losses = each["loss (before each step)"];
  auto after = each["after"].begin();
  for (std::size_t i = 0; i < losses.size(); ++i) {
    const double expected = losses[i];
    EXPECT_NEAR(problem.backward(*optimizer), expected, close_loss * expected) << name << " step " << i;
    if (reference.find("max_norm") != std::string::npos) {
      const torch::Tensor norm =
          clip_gradients(problem.parameters(), number_in(reference, R"(max_norm=([\d.]+))"));
      const double expected_norm = each["gradient norm before clipping"][i];
      EXPECT_NEAR(norm.item<double>(), expected_norm, close_loss * expected_norm) << name << " step " << i;
    }
    optimizer->step(optimizer->base_lr());
    if (after == each["after"].end() || (*after)["step"] != i + 1) continue;
    // A sum of squares of values up to 4 and of 12 of them.
    expect_values(checksums(problem.weight), (*after)["weight"], 24 * close, name + " weight");
    expect_values(checksums(problem.bias), (*after)["bias"], 24 * close, name + " bias");
    ++after;
  }
  EXPECT_EQ(after, each["after"].end()) << name;
  expect_values(problem.weight, each["final_weight"], close, name + " final weight");
  expect_values(problem.bias, each["final_bias"], close, name + " final bias");
}

TEST(OptimizerGoldenTest, TwentyStepsInFloat64AreTheReferences) {
  for (const json& each : goldens()["optimizers"]) expect_golden_run(each, torch::kFloat64);
}

TEST(OptimizerGoldenTest, TwentyStepsInFloat32AreTheReferences) {
  for (const json& each : goldens()["optimizers"]) expect_golden_run(each, torch::kFloat32);
}

// Options under which every slot of state is in use.
std::string all_slots(const std::string& name) {
  if (name == "sgd" || name == "rmsprop") return "{momentum: 0.9, weight_decay: 0.01}";
  if (name == "adam" || name == "adamw") return "{amsgrad: true, weight_decay: 0.01}";
  return "{weight_decay: 0.01}";
}

void run(const Problem& problem, Optimizer& optimizer, int steps) {
  for (int i = 0; i < steps; ++i) {
    problem.backward(optimizer);
    optimizer.step(optimizer.base_lr());
  }
}

TEST(OptimizerContractTest, TwentyStepsAreTenStepsSavedLoadedAndTenMoreBitForBit) {
  for (const std::string& name : optimizers().names()) {
    const Problem straight(torch::kFloat32);
    run(straight, *make(name, all_slots(name), straight.parameters()), 20);

    const Problem first(torch::kFloat32);
    const auto before = make(name, all_slots(name), first.parameters());
    run(first, *before, 10);
    const NamedTensors state = before->state();
    Problem second(torch::kFloat32);
    second.weight = first.weight.detach().clone().requires_grad_();
    second.bias = first.bias.detach().clone().requires_grad_();
    run(first, *before, 3);  // what was saved must not move with the optimizer that saved it
    const auto after = make(name, all_slots(name), second.parameters());
    after->load_state(state);
    run(second, *after, 10);
    EXPECT_TRUE(torch::equal(second.weight, straight.weight)) << name;
    EXPECT_TRUE(torch::equal(second.bias, straight.bias)) << name;
  }
}

TEST(OptimizerContractTest, ParametersWithoutAGradientAreLeftAloneAndKeepNoState) {
  for (const std::string& name : optimizers().names()) {
    const torch::Tensor used = torch::ones({2, 2}).requires_grad_();
    const torch::Tensor unused = torch::ones({2, 2}).requires_grad_();
    const torch::Tensor frozen = torch::ones({2, 2});
    const auto optimizer =
        make(name, "{weight_decay: 0.1}", {{"used", used}, {"unused", unused}, {"frozen", frozen}});
    used.square().sum().backward();
    optimizer->step(0.1);
    EXPECT_FALSE(torch::equal(used, torch::ones({2, 2}))) << name;
    EXPECT_TRUE(torch::equal(unused, torch::ones({2, 2}))) << name;
    EXPECT_TRUE(torch::equal(frozen, torch::ones({2, 2}))) << name;
    for (const auto& [entry, tensor] : optimizer->state()) EXPECT_TRUE(entry.ends_with("/used")) << entry;
    optimizer->zero_grad();
    EXPECT_FALSE(used.grad().defined()) << name;
  }
}

TEST(OptimizerContractTest, AParameterThatJoinsLaterBeginsItsOwnCount) {
  for (const std::string& name : optimizers().names()) {
    const torch::Tensor early = torch::full({2, 2}, 3.0).requires_grad_();
    const torch::Tensor late = torch::full({2, 2}, 3.0).requires_grad_();
    const torch::Tensor alone = torch::full({2, 2}, 3.0).requires_grad_();
    const auto both = make(name, "{}", {{"early", early}, {"late", late}});
    const auto single = make(name, "{}", {{"alone", alone}});
    for (int i = 0; i < 6; ++i) {
      both->zero_grad();
      (i < 3 ? early.square().sum() : early.square().sum() + late.square().sum()).backward();
      both->step(0.01);
    }
    for (int i = 0; i < 3; ++i) {
      single->zero_grad();
      alone.square().sum().backward();
      single->step(0.01);
    }
    EXPECT_TRUE(torch::equal(late, alone)) << name;
  }
}

// How far one step with no gradient to speak of moves a weight of 1.
double decayed(const std::string& name, const std::string& options, const torch::Tensor& parameter) {
  const auto optimizer = make(name, options, {{"head.weight", parameter}});
  parameter.mutable_grad() = torch::full_like(parameter, 1e-30);
  optimizer->step(0.1);
  return 1 - parameter.detach().view(-1)[0].item<double>();
}

TEST(OptimizerContractTest, WeightDecayLeavesNormsAndBiasesAloneUnlessToldOtherwise) {
  for (const std::string name : {"sgd", "adamw", "lion"}) {
    const auto ones = [](at::IntArrayRef shape) { return torch::ones(shape).requires_grad_(); };
    const double with = decayed(name, "{weight_decay: 0.5}", ones({3, 2}));
    const double step = decayed(name, "{weight_decay: 0}", ones({3, 2}));
    EXPECT_NEAR(with - step, 0.05, 1e-6) << name;
    EXPECT_NEAR(decayed(name, "{weight_decay: 0.5}", ones({3})), step, 1e-6) << name;
    EXPECT_NEAR(decayed(name, "{weight_decay: 0.5, decay_norms: true}", ones({3})), with, 1e-6) << name;
    EXPECT_NEAR(decayed(name, "{weight_decay: 0.5, groups: [{prefix: head., decay: false}]}", ones({3, 2})),
                step, 1e-6)
        << name;
  }
}

TEST(OptimizerContractTest, AGroupTakesItsShareOfTheRate) {
  const torch::Tensor encoder = torch::ones({2, 2}).requires_grad_();
  const torch::Tensor head = torch::ones({2, 2}).requires_grad_();
  const auto optimizer =
      make("sgd", "{groups: [{prefix: encoder., lr_factor: 0.1}, {prefix: enc, lr_factor: 9}]}",
           {{"encoder.w", encoder}, {"head.w", head}});
  (encoder.sum() + head.sum()).backward();
  optimizer->step(0.5);
  EXPECT_FLOAT_EQ(encoder[0][0].item<float>(), 0.95F);
  EXPECT_FLOAT_EQ(head[0][0].item<float>(), 0.5F);
}

TEST(OptimizerContractTest, AGroupHasItsOwnWeightDecay) {
  for (const std::string name : {"sgd", "adamw", "lion"}) {
    const auto ones = [] { return torch::ones({3, 2}).requires_grad_(); };
    const double expected = decayed(name, "{weight_decay: 0.25}", ones());
    EXPECT_NEAR(decayed(name, "{weight_decay: 0.5, groups: [{prefix: head, weight_decay: 0.25}]}", ones()),
                expected, 1e-6)
        << name;
  }
}

TEST(OptimizerContractTest, AGroupThatFitsNoParameterIsRefusedWithWhatThereIs) {
  const torch::Tensor weight = torch::ones({2}).requires_grad_();
  try {
    make("sgd", "{groups: [{prefix: backbone., lr_factor: 0.1}]}",
         {{"encoder.w", weight}, {"head.w", weight}});
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("'backbone.'; they begin with encoder and head"),
              std::string::npos)
        << error.what();
  }
}

TEST(OptimizerContractTest, ChannelsLastWeightsTakeTheSameStep) {
  for (const std::string& name : optimizers().names()) {
    torch::manual_seed(4);
    const torch::Tensor plain = torch::randn({4, 3, 3, 3}).requires_grad_();
    const torch::Tensor last =
        plain.detach().clone().contiguous(at::MemoryFormat::ChannelsLast).requires_grad_();
    const auto of_plain = make(name, all_slots(name), {{"w", plain}});
    const auto of_last = make(name, all_slots(name), {{"w", last}});
    for (int i = 0; i < 3; ++i) {
      const torch::Tensor gradient = torch::randn({4, 3, 3, 3});
      plain.mutable_grad() = gradient;
      last.mutable_grad() = i == 1 ? gradient.contiguous(at::MemoryFormat::ChannelsLast) : gradient;
      of_plain->step(0.01);
      of_last->step(0.01);
    }
    EXPECT_TRUE(torch::allclose(plain, last, 1e-6, 1e-7)) << name;
  }
}

TEST(LionTest, StepsAreThePublishedRule) {
  double weight = 0.7;
  double mean = 0;
  const torch::Tensor parameter = torch::full({1, 1}, weight, torch::kFloat64).requires_grad_();
  const auto lion = make("lion", "{beta1: 0.8, beta2: 0.95, weight_decay: 0.1}", {{"w", parameter}});
  for (const double gradient : {0.5, -0.01, -2.0, 0.0, 0.3, -4.0}) {
    parameter.mutable_grad() = torch::full({1, 1}, gradient, torch::kFloat64);
    lion->step(0.03);
    const double direction = 0.8 * mean + 0.2 * gradient;
    weight -= 0.03 * ((direction > 0) - (direction < 0) + 0.1 * weight);
    mean = 0.95 * mean + 0.05 * gradient;
    EXPECT_NEAR(parameter.item<double>(), weight, 1e-12);
  }
}

TEST(ClipTest, SmallGradientsStayAsTheyAre) {
  const torch::Tensor parameter = torch::zeros({2}).requires_grad_();
  parameter.mutable_grad() = torch::tensor({3.0F, 4.0F});
  EXPECT_FLOAT_EQ(clip_gradients({{"w", parameter}}, 6).item<float>(), 5);
  EXPECT_TRUE(torch::equal(parameter.grad(), torch::tensor({3.0F, 4.0F})));
  EXPECT_FLOAT_EQ(clip_gradients({{"w", parameter}}, 0).item<float>(), 5);
  EXPECT_FALSE(clip_gradients({{"w", torch::zeros({2})}}, 1).defined());
}

std::string error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(OptimizerErrorTest, AStateOfAnotherModelOrOptimizerIsRefusedByName) {
  const Problem problem(torch::kFloat32);
  const auto adam = make("adam", "{}", problem.parameters());
  run(problem, *adam, 1);
  const NamedTensors state = adam->state();
  const auto loading = [&](const char* name, const NamedTensors& given, const NamedTensors& parameters) {
    const auto optimizer = make(name, "{}", parameters);
    return error_of([&] { optimizer->load_state(given); });
  };
  EXPECT_NE(loading("adam", state, {{"weight", problem.weight}}).find("'steps/bias' is of no parameter"),
            std::string::npos);
  EXPECT_NE(loading("sgd", state, problem.parameters()).find("'mean/weight'"), std::string::npos);
  EXPECT_NE(
      loading("adam", state, {{"weight", problem.weight.detach().reshape({2, 6})}, {"bias", problem.bias}})
          .find("is 4 x 3, the parameter 2 x 6"),
      std::string::npos);
  const NamedTensors cut(state.begin(), state.begin() + 2);
  EXPECT_NE(loading("adam", cut, problem.parameters()).find("cut short"), std::string::npos);
}

TEST(OptimizerErrorTest, SettingsThatCannotGoTogetherAreRefused) {
  const auto making = [](const std::string& options) { return error_of([&] { make("sgd", options, {}); }); };
  EXPECT_NE(making("{nesterov: true}").find("momentum"), std::string::npos);
  EXPECT_NE(making("{momentum: 0.9, nesterov: true, dampening: 0.5}").find("dampening"), std::string::npos);
  EXPECT_NE(making("{lr: 0}").find("lr"), std::string::npos);
}

}  // namespace
}  // namespace nadir
