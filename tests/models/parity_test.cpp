// Every network against its reference implementation: tensors, counts, outputs, gradients and training steps,
// as the golden files give them. Nothing of a golden is written here.
#include <gtest/gtest.h>

#include <regex>

#include "golden.h"
#include "models/parity_losses.h"
#include "models/parity_networks.h"
#include "models/placement.h"

namespace nadir {
namespace {

using Json = nlohmann::ordered_json;

void expect_near_relative(double found, double expected, double tolerance, double scale,
                          const std::string& what) {
  EXPECT_LE(std::abs(found - expected), tolerance * std::abs(scale))
      << what << ": " << found << " for " << expected;
}

void expect_output(const torch::Tensor& output, const Json& expected, const Json& tolerance) {
  ASSERT_EQ(output.sizes().vec(), expected.at("shape").get<std::vector<std::int64_t>>());
  const torch::Tensor values = output.detach().to(torch::kFloat64).contiguous().reshape({-1});
  for (const Json& sample : expected.at("samples")) {
    const double found = values[sample.at(0).get<std::int64_t>()].item<double>();
    EXPECT_NEAR(found, sample.at(1).get<double>(), tolerance.at("samples_abs").get<double>())
        << "at " << sample.at(0);
  }
  const double rel = tolerance.at("sums_rel").get<double>();
  const double abs_sum = expected.at("abs_sum").get<double>(), sq_sum = expected.at("sq_sum").get<double>();
  expect_near_relative(values.sum().item<double>(), expected.at("sum").get<double>(), rel, abs_sum, "sum");
  expect_near_relative(values.abs().sum().item<double>(), abs_sum, rel, abs_sum, "sum of absolute values");
  expect_near_relative(values.square().sum().item<double>(), sq_sum, rel, sq_sum, "sum of squares");
}

std::map<std::string, torch::Tensor> by_name(const Model& model) {
  const auto state = named_state(model);
  return {state.begin(), state.end()};
}

class Parity : public testing::TestWithParam<std::filesystem::path> {
 protected:
  Parity() : file_(golden::read_ordered(GetParam())), reference_(golden::reference(GetParam()).value()) {}

  void make_model() { model_ = golden::make_filled(reference_, file_); }

  // In float32 on maps that are channels-last, as training runs by default.
  void place() {
    precision_ = "float32";
    model_->to(torch::kFloat32);
    place_model(*model_, torch::kCPU, /*channels_last=*/true);
  }

  torch::Tensor input() const {
    if (precision_ == "float64") return golden::input(file_, torch::kFloat64);
    return golden::input(file_, torch::kFloat32).contiguous(at::MemoryFormat::ChannelsLast);
  }

  void expect_outputs(const torch::Tensor& image, const std::string& precision) {
    const torch::InferenceMode guard;
    const auto found = golden::outputs(*model_, image, reference_.activation);
    const Json expected = file_.contains("outputs") ? file_.at("outputs") : Json::array({file_.at("output")});
    ASSERT_EQ(found.size(), expected.size());
    const Json& tolerance = file_.at("tolerance").at(precision);
    for (std::size_t i = 0; i < found.size(); ++i) expect_output(found[i], expected.at(i), tolerance);
  }

  // One forward and backward pass in training mode.
  torch::Tensor backward() {
    const Json& train = file_.at("train");
    const Json& described = train.at("labels");
    const torch::Tensor labels = golden::labels(described.at("name").get<std::string>(),
                                                described.at("shape").get<std::vector<std::int64_t>>(),
                                                described.at("classes").get<std::int64_t>());
    model_->zero_grad();
    const auto outputs = golden::outputs(*model_, input(), reference_.activation);
    torch::Tensor loss = golden::loss(train.at("loss_function").get<std::string>(), outputs, labels);
    loss.backward();
    return loss;
  }

  void step() {
    const Json& optimizer = file_.at("train").at("optimizer");
    ASSERT_EQ(optimizer.at("kind"), "sgd");
    ASSERT_EQ(optimizer.at("momentum"), 0);
    const torch::NoGradGuard no_grad;
    for (torch::Tensor& each : model_->parameters()) {
      if (each.grad().defined()) each.sub_(each.grad(), optimizer.at("lr").get<double>());
    }
  }

  void expect_losses(const Json& losses, std::size_t most = 100) {
    for (std::size_t i = 0; i < std::min({losses.size(), reference_.losses, most}); ++i) {
      const double found = backward().item<double>(), expected = losses.at(i).get<double>();
      if (i == 0) expect_first_step();
      expect_near_relative(found, expected, tolerance("losses_rel"), expected, "loss " + std::to_string(i));
      step();
    }
  }

  void expect_first_step() {
    if (!checks_first_step_) return;
    const Json& train = file_.at("train");
    const auto tensors = by_name(*model_);
    for (const auto& [name, expected] : train.at("grad_norms").items()) {
      const torch::Tensor gradient = tensors.at(name).grad();
      ASSERT_TRUE(gradient.defined()) << name;
      const double norm = expected.get<double>();
      expect_near_relative(gradient.norm().item<double>(), norm, tolerance("grad_norms_rel"), norm, name);
    }
    for (const auto& [name, expected] : train.at("buffers_after_first_forward").items()) {
      const double abs_sum = expected.at("abs_sum").get<double>();
      const torch::Tensor& buffer = tensors.at(name);
      expect_near_relative(buffer.sum().item<double>(), expected.at("sum").get<double>(),
                           tolerance("sums_rel"), abs_sum, name);
      expect_near_relative(buffer.abs().sum().item<double>(), abs_sum, tolerance("sums_rel"), abs_sum, name);
    }
  }

  double tolerance(const char* kind) const {
    return file_.at("tolerance").at(precision_).at(kind).get<double>();
  }

  Json file_;
  golden::Reference reference_;
  std::shared_ptr<Model> model_;
  std::string precision_ = "float64";
  bool checks_first_step_ = false;
};

using NamedShapes = std::vector<std::pair<std::string, std::vector<std::int64_t>>>;

// One line for each: "name:[2,3]".
std::string described(const NamedShapes& shapes) {
  std::string text;
  for (const auto& [name, shape] : shapes) text += name + ":" + Json(shape).dump() + "\n";
  return text;
}

TEST_P(Parity, HasTheReferencesTensorsInItsOrderAndNumber) {
  make_model();
  const std::string listed = file_.value("tensors", Json::object()).dump();
  // Keras does not count batches.
  const bool counts =
      file_.contains("tensors_fnv1a") || listed.find("num_batches_tracked") != std::string::npos;
  NamedShapes found;
  for (const auto& [name, tensor] : named_state(*model_)) {
    if (counts || !name.ends_with("num_batches_tracked")) found.emplace_back(name, tensor.sizes().vec());
  }
  if (file_.contains("tensors_fnv1a")) {
    EXPECT_EQ(found.size(), file_.at("tensor_count").get<std::size_t>());
    EXPECT_EQ(golden::hash(described(found)), file_.at("tensors_fnv1a").get<std::string>())
        << described(found);
  } else {
    NamedShapes expected;
    for (const auto& [name, shape] : file_.at("tensors").items()) {
      expected.emplace_back(name, shape.get<std::vector<std::int64_t>>());
    }
    if (!reference_.ordered) {
      std::sort(found.begin(), found.end());
      std::sort(expected.begin(), expected.end());
    }
    EXPECT_EQ(found, expected);
  }
  const ParameterCount count = count_parameters(*model_);
  EXPECT_EQ(count.total, file_.at("parameters").get<std::int64_t>());
  if (file_.contains("keras_count")) EXPECT_EQ(count.keras, file_.at("keras_count").get<std::int64_t>());
}

// Of goldens that give some values of the fill.
class FilledParity : public Parity {};

TEST_P(FilledParity, IsFilledByTheRule) {
  make_model();
  const auto tensors = by_name(*model_);
  for (const auto& [name, values] : file_.at("fill_check").items()) {
    const torch::Tensor tensor = name == "input" ? golden::input(file_, torch::kFloat64) : tensors.at(name);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double found = tensor.reshape({-1})[static_cast<std::int64_t>(i)].item<double>();
      EXPECT_EQ(found, values.at(i).get<double>()) << name;
    }
  }
}

TEST_P(Parity, GivesTheReferencesOutputsInFloat64) {
  make_model();
  expect_outputs(input(), "float64");
}

TEST_P(Parity, GivesTheReferencesOutputsInFloat32) {
  make_model();
  model_->to(torch::kFloat32);
  expect_outputs(golden::input(file_, torch::kFloat32), "float32");
}

TEST_P(Parity, GivesTheReferencesOutputsInFloat32OnChannelsLastMaps) {
  make_model();
  place();
  expect_outputs(input(), "float32");
}

// Of goldens with training steps.
class TrainingParity : public Parity {};
// Of goldens with training steps of a part alone.
class FrozenParity : public Parity {};

TEST_P(TrainingParity, TrainsLikeTheReference) {
  make_model();
  golden::disable_dropout(*model_);
  model_->train();
  checks_first_step_ = true;
  expect_losses(file_.at("train").at("losses"));
}

// Of goldens that say how far a float32 step may be off.
class Float32TrainingParity : public Parity {};

// The first step alone: later ones amplify the rounding of this one.
TEST_P(Float32TrainingParity, TrainsLikeTheReferenceOnChannelsLastMaps) {
  make_model();
  place();
  golden::disable_dropout(*model_);
  model_->train();
  checks_first_step_ = true;
  expect_losses(file_.at("train").at("losses"), 1);
}

TEST_P(FrozenParity, TrainsLikeTheReferenceWhenPartsAreFrozen) {
  make_model();
  const Json& frozen = file_.at("train_frozen");
  const std::string mode = frozen.at("mode").get<std::string>();
  std::smatch part;
  if (std::regex_search(mode, part, std::regex("but only (\\w+)\\.\\* trained"))) {
    set_trainable(*model_, "", false);
    set_trainable(*model_, part[1], true);
  } else {
    ASSERT_TRUE(std::regex_search(mode, part, std::regex("but (\\w+) frozen"))) << mode;
    set_trainable(*model_, part[1], false);
  }
  EXPECT_EQ(count_parameters(*model_).trainable, frozen.at("trainable").get<std::int64_t>());
  golden::disable_dropout(*model_);
  model_->train();
  expect_losses(frozen.at("losses"));
}

// Ten steps of PyTorch's own autograd and of ours from the same weights, of the networks in loss-curves.json.
class LossCurve : public Parity {};

TEST_P(LossCurve, StaysWithPyTorchs) {
  const Json curves = golden::read_ordered(golden::folder() / "loss-curves.json");
  const Json& losses = curves.at("losses").at(GetParam().stem().string());
  const double tolerance = curves.at("tolerance").get<double>();
  ASSERT_EQ(losses.size(), 10U);
  make_model();
  golden::disable_dropout(*model_);
  model_->train();
  for (std::size_t i = 0; i < losses.size(); ++i) {
    EXPECT_NEAR(backward().item<double>(), losses.at(i).get<double>(), tolerance) << "step " << i;
    step();
  }
}

// Those that loss-curves.json names, where the folder holds it.
std::vector<std::filesystem::path> files_with_a_curve() {
  std::vector<std::filesystem::path> found;
  const std::filesystem::path file = golden::folder() / "loss-curves.json";
  if (!std::filesystem::exists(file)) return found;
  for (const auto& [name, losses] : golden::read_ordered(file).at("losses").items()) {
    found.push_back(golden::folder() / (name + ".json"));
  }
  return found;
}

// That hold `section` too, when it is named.
std::vector<std::filesystem::path> files_with_a_network(const std::string& section = "") {
  std::vector<std::filesystem::path> found;
  for (const auto& file : golden::files()) {
    const auto reference = golden::reference(file);
    if (!reference || reference->network.empty()) continue;
    if (section.empty() || golden::read_ordered(file).contains(section)) found.push_back(file);
  }
  return found;
}

std::vector<std::filesystem::path> files_with_float32_steps() {
  std::vector<std::filesystem::path> found = files_with_a_network("train");
  std::erase_if(found, [](const std::filesystem::path& file) {
    return !golden::read_ordered(file).at("tolerance").at("float32").contains("grad_norms_rel");
  });
  return found;
}

std::string test_name(const testing::TestParamInfo<std::filesystem::path>& info) {
  return std::regex_replace(info.param.stem().string(), std::regex("\\W"), "_");
}

INSTANTIATE_TEST_SUITE_P(Goldens, Parity, testing::ValuesIn(files_with_a_network()), test_name);
INSTANTIATE_TEST_SUITE_P(Goldens, FilledParity, testing::ValuesIn(files_with_a_network("fill_check")),
                         test_name);
INSTANTIATE_TEST_SUITE_P(Goldens, TrainingParity, testing::ValuesIn(files_with_a_network("train")),
                         test_name);
INSTANTIATE_TEST_SUITE_P(Goldens, Float32TrainingParity, testing::ValuesIn(files_with_float32_steps()),
                         test_name);
INSTANTIATE_TEST_SUITE_P(Goldens, FrozenParity, testing::ValuesIn(files_with_a_network("train_frozen")),
                         test_name);
INSTANTIATE_TEST_SUITE_P(Goldens, LossCurve, testing::ValuesIn(files_with_a_curve()), test_name);
// A folder of a user's own goldens may hold none of these.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(FilledParity);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(LossCurve);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(TrainingParity);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Float32TrainingParity);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(FrozenParity);

TEST(ParityFiles, AreAllOfKnownNetworks) {
  int without = 0;
  for (const auto& file : golden::files()) {
    if (!golden::is_network(golden::read_ordered(file))) continue;
    const auto reference = golden::reference(file);
    EXPECT_TRUE(reference) << file.stem() << " describes a network that the test's table does not name";
    if (reference && !reference->network.empty()) continue;
    std::cout << "no network for " << file.stem().string() << '\n';
    ++without;
  }
  std::cout << without << " goldens without a network\n";
  EXPECT_FALSE(files_with_a_network().empty());
}

}  // namespace
}  // namespace nadir
