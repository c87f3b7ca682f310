// What every registered network does, whatever its architecture, and every encoder under decoders by turns.
// New networks and encoders are found without an edit.
#include <ATen/autocast_mode.h>
#include <gtest/gtest.h>

#include <regex>

#include "models/encoders/encoder.h"
#include "nadir/model.h"
#include "nadir/model_file.h"

namespace nadir {
namespace {

struct Size {
  std::int64_t height, width;
};

struct Case {
  std::string network;
  std::string options;  // YAML
};

void PrintTo(const Case& each, std::ostream* out) { *out << each.network << " " << each.options; }

// bfloat16 where autocast thinks it safe, while it lives.
class Bfloat16 {
 public:
  Bfloat16() {
    at::autocast::set_autocast_enabled(at::kCPU, true);
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  }
  ~Bfloat16() {
    at::autocast::set_autocast_enabled(at::kCPU, false);
    at::autocast::clear_cache();
  }
  Bfloat16(const Bfloat16&) = delete;
  Bfloat16& operator=(const Bfloat16&) = delete;
};

constexpr Size kSmall{32, 48}, kTraining{64, 64};

class Network : public testing::TestWithParam<Case> {
 protected:
  // Networks for one size alone have the option image_size; they are made for the size that the test takes.
  static bool has_fixed_size(const Case& each) {
    return models().resolve(each.network, parse_yaml(each.options, "test")).find("image_size") != nullptr;
  }
  static bool has_fixed_size() { return has_fixed_size(GetParam()); }

  static std::shared_ptr<Model> make(const ModelShape& shape, const Size& size, std::uint64_t seed = 1) {
    torch::manual_seed(seed);
    ConfigNode options = parse_yaml(GetParam().options, "test");
    if (has_fixed_size()) {
      options.set("image_size", ConfigNode::list({ConfigNode::scalar(std::to_string(size.height)),
                                                  ConfigNode::scalar(std::to_string(size.width))}));
    }
    return models().make(GetParam().network, options, shape);
  }
  static torch::Tensor image(std::int64_t bands, const Size& size) {
    torch::manual_seed(2);
    return torch::randn({2, bands, size.height, size.width});
  }

  // A map of the image's size, or for classification a row for each image.
  static void expect_logits(const ModelOutput& output, std::int64_t classes, const Size& size) {
    std::vector<std::int64_t> shape = {2, classes};
    if (output.logits.dim() == 4) shape.insert(shape.end(), {size.height, size.width});
    EXPECT_EQ(output.logits.sizes().vec(), shape);
    EXPECT_EQ(output.logits.scalar_type(), torch::kFloat32);
    EXPECT_TRUE(output.logits.isfinite().all().item<bool>());
    for (const torch::Tensor& each : output.auxiliary) EXPECT_EQ(each.sizes().vec(), shape);
  }

  static void expect_gradients(Model& model, std::int64_t bands, const Size& size, const std::string& how) {
    model.zero_grad();
    model.train();
    const ModelOutput output = model.forward(image(bands, size));
    torch::Tensor total = output.logits.square().mean();
    for (const torch::Tensor& each : output.auxiliary) total = total + each.square().mean();
    total.backward();
    for (const auto& each : model.named_parameters()) {
      ASSERT_TRUE(each.value().grad().defined()) << each.key() << " " << how;
      EXPECT_TRUE(each.value().grad().isfinite().all().item<bool>()) << each.key() << " " << how;
    }
  }

  static void expect_the_same_after_going_round(Model& model, const ModelShape& shape, const Size& size) {
    const auto copy = make(shape, size, /*seed=*/9);
    load_state(*copy, named_state(model), "the first network");
    copy->eval();
    const torch::InferenceMode guard;
    const torch::Tensor x = image(shape.bands, size), expected = model(x);
    EXPECT_TRUE(expected.equal((*copy)(x)));
    EXPECT_TRUE(expected.equal(model(x))) << "evaluation is not the same every time";
  }

  static void expect_the_same_with_channels_last(Model& model, std::int64_t bands, const Size& size) {
    const torch::InferenceMode guard;
    const torch::Tensor x = image(bands, size), expected = model(x);
    const torch::Tensor found = model(x.contiguous(torch::MemoryFormat::ChannelsLast));
    EXPECT_TRUE(found.allclose(expected, 1e-3, 1e-4)) << (found - expected).abs().max();
  }

  static void expect_shapes(const ModelShape& shape, const Size& wanted) {
    const Size size = has_fixed_size() ? kTraining : wanted;
    const auto model = make(shape, size);
    model->eval();
    const torch::InferenceMode guard;
    try {
      expect_logits(model->forward(image(shape.bands, size)), shape.classes, size);
    } catch (const ModelError& error) {
      // Only small sides may be refused, with the size that works.
      EXPECT_LT(std::min(size.height, size.width), 32) << error.what();
      EXPECT_NE(std::string(error.what()).find("at least"), std::string::npos) << error.what();
    }
  }
};

class EveryNetwork : public Network {};

TEST_P(EveryNetwork, TakesAnyBandsClassesAndSizes) {
  expect_shapes({.bands = 1, .classes = 1}, {33, 47});
  expect_shapes({.bands = 13, .classes = 8}, {5, 50});
}

// One network for all of it: large ones take long to make.
TEST_P(EveryNetwork, TrainsAndEvaluatesInFloat32AndBfloat16AndKeepsItsState) {
  const ModelShape shape{.bands = 3, .classes = 2};
  const auto model = make(shape, kTraining);
  expect_gradients(*model, shape.bands, kTraining, "in float32");
  {
    const Bfloat16 guard;
    expect_gradients(*model, shape.bands, kTraining, "under bfloat16");
  }
  model->eval();  // on running statistics that training has moved off their first values
  expect_the_same_after_going_round(*model, shape, kTraining);
  expect_the_same_with_channels_last(*model, shape.bands, kTraining);
  const torch::InferenceMode inference;
  const Bfloat16 guard;
  expect_logits(model->forward(image(shape.bands, kTraining)), shape.classes, kTraining);
}

class NetworkOfOneSize : public Network {
 public:
  static std::vector<Case> among(std::vector<Case> cases) {
    std::erase_if(cases, [](const Case& each) { return !has_fixed_size(each); });
    return cases;
  }
};

TEST_P(NetworkOfOneSize, RefusesOthers) {
  const auto model = make({.bands = 3, .classes = 2}, kSmall);
  EXPECT_THROW(model->forward(image(3, {48, 32})), ModelError);
}

class EveryEncoder : public Network {};

TEST_P(EveryEncoder, TrainsAndEvaluatesOnOddSizes) {
  const std::vector<ModelShape> shapes = {{1, 1}, {3, 2}, {13, 8}};
  const ModelShape shape = shapes[GetParam().options.size() % shapes.size()];
  const Size odd{33, 47};
  const auto model = make(shape, odd);
  expect_gradients(*model, shape.bands, odd, "in float32");
  model->eval();
  const torch::InferenceMode inference;
  expect_logits(model->forward(image(shape.bands, odd)), shape.classes, odd);
  const Bfloat16 guard;
  expect_logits(model->forward(image(shape.bands, odd)), shape.classes, odd);
}

// Defaults, but a smaller size of the same where the default is a large one.
std::vector<Case> networks() {
  std::vector<Case> cases;
  for (const std::string& name : models().names()) {
    cases.push_back({name, name == "swin_v2" ? "{variant: t}" : "{}"});
  }
  return cases;
}

// Every encoder under a decoder that it fits, and by turns every decoder.
std::vector<Case> encoders() {
  struct Network {
    std::string name;
    EncoderNeed need;
  };
  const std::vector<Network> decoders = {
      {"unet", EncoderNeed::kNone},         {"unetpp", EncoderNeed::kHalfMap},
      {"fpn", EncoderNeed::kNone},          {"deeplabv3", EncoderNeed::kDilation},
      {"segformer", EncoderNeed::kNone},    {"attention_unet", EncoderNeed::kHalfMap},
      {"unet3plus", EncoderNeed::kHalfMap}, {"deeplabv3plus", EncoderNeed::kDilation},
  };
  std::vector<Case> cases;
  std::size_t turn = 0;
  for (const std::string& encoder : encoder_names()) {
    const auto fits = [&](const Network& network) {
      const std::vector<std::string> names = encoder_names(network.need);
      return std::find(names.begin(), names.end(), encoder) != names.end();
    };
    while (!fits(decoders[turn % decoders.size()])) ++turn;
    cases.push_back({decoders[turn++ % decoders.size()].name, "{encoder: " + encoder + "}"});
  }
  return cases;
}

std::string test_name(const testing::TestParamInfo<Case>& info) {
  const std::string encoder = std::regex_replace(info.param.options, std::regex("\\{|\\}|.*: "), "");
  return info.param.network + (encoder.empty() ? "" : "_") + encoder;
}

INSTANTIATE_TEST_SUITE_P(Registry, EveryNetwork, testing::ValuesIn(networks()), test_name);
INSTANTIATE_TEST_SUITE_P(Registry, NetworkOfOneSize, testing::ValuesIn(NetworkOfOneSize::among(networks())),
                         test_name);
INSTANTIATE_TEST_SUITE_P(Registry, EveryEncoder, testing::ValuesIn(encoders()), test_name);

TEST(Encoders, NameTheConvolutionThatMeetsTheBands) {
  for (const std::string& name : encoder_names()) {
    const auto encoder = make_encoder(name, {.bands = 5});
    const torch::Tensor* weight = encoder->named_parameters().find(encoder->first_convolution() + ".weight");
    ASSERT_NE(weight, nullptr) << name;
    EXPECT_EQ(weight->size(1), 5) << name;
  }
}

void expect_refused(const std::string& network, const std::string& options, const std::string& words) {
  try {
    models().make(network, parse_yaml(options, "test"), ModelShape{});
    ADD_FAILURE() << network << " was made with " << options;
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

TEST(Encoders, ThatDoNotFitAreRefusedWithThoseThatDo) {
  expect_refused(
      "unetpp", "{encoder: mit_b0}",
      "encoder mit_b0 does not fit unetpp: it gives no map of half the image's size; those that fit "
      "are none, resnet18");
  expect_refused("deeplabv3plus", "{encoder: densenet121}",
                 "it cannot be dilated; those that fit are resnet18");
  expect_refused("deeplabv3", "{encoder: resnet34, flavour: torchvision}", "or flavour smp");
  expect_refused("fpn", "{encoder: resnet51}", "resnet50");
  expect_refused("enet", "{encoder: resnet50}", "encoder");
}

}  // namespace
}  // namespace nadir
