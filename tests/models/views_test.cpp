// Seeing a network: its layers, their cost, the memory they take, and the picture.
#include <gtest/gtest.h>

#include <regex>

#include "models/views/stages.h"
#include "nadir/model.h"

namespace nadir {
namespace {

std::shared_ptr<Model> network(const std::string& name, const std::string& options = "{}",
                               std::int64_t classes = 8) {
  return models().make(name, parse_yaml(options, "test"), ModelShape{3, classes});
}

torch::Tensor image(std::int64_t batch = 1, std::int64_t side = 64) {
  return torch::zeros({batch, 3, side, side});
}

std::int64_t total(const std::vector<LayerRow>& rows, std::int64_t LayerRow::*count) {
  std::int64_t sum = 0;
  for (const LayerRow& each : rows) sum += each.*count;
  return sum;
}

// Study 002, batch 8 at 128 pixels: torchinfo printed 27.40 G; the shapes of the layers give 24.17 G.
TEST(TraceLayers, CountsWhatStudy002sUnetTakesAndWhatTorchinfoSaysOfIt) {
  const auto model = network("unet");
  const auto rows = trace_layers(*model, image(8, 128));
  std::int64_t torchinfo = 0;
  for (const LayerRow& each : rows) torchinfo += torchinfo_mult_adds(*model, each);
  EXPECT_NEAR(static_cast<double>(total(rows, &LayerRow::mult_adds)) * 1e-9, 24.17, 0.005);
  EXPECT_NEAR(static_cast<double>(torchinfo) * 1e-9, 27.40, 0.005);
}

// ViT-Tiny/16 at 224 pixels, by hand: 196 patches of 768 values, 12 blocks of 197 tokens whose four linear
// layers have 12 width^2 weights, attention's two products, the head.
TEST(TraceLayers, CountsLinearLayersAndAttention) {
  const auto rows = trace_layers(*network("vit", "{}", 2), image(1, 224));
  const std::int64_t width = 192, tokens = 197;
  EXPECT_EQ(total(rows, &LayerRow::mult_adds),
            196 * 768 * width + 12 * (tokens * 12 * width * width + 2 * tokens * tokens * width) + 2 * width);
  EXPECT_EQ(total(rows, &LayerRow::parameters), count_parameters(*network("vit", "{}", 2)).total);
}

TEST(TraceLayers, ListsEveryParameterOnce) {
  for (const std::string name : {"enet", "esnet", "unet3plus", "efficientnet", "vit_scratch"}) {
    const auto model = network(name);
    EXPECT_EQ(total(trace_layers(*model, image(1, 128)), &LayerRow::parameters),
              count_parameters(*model).total)
        << name;
  }
}

// What is kept are activations, and a fixed part beside them. The peaks hold scratch memory of convolutions
// too, whose size is theirs to choose.
TEST(MeasureMemory, KeepsTheSameForEachImageOfTheBatch) {
  const auto model = network("unet", "{start: 4}");
  const MemoryUse one = measure_memory(*model, image(1)), two = measure_memory(*model, image(2)),
                  three = measure_memory(*model, image(3));
  EXPECT_EQ(three.kept - two.kept, two.kept - one.kept);
  EXPECT_LE(std::abs(two.kept - 2 * one.kept), 65536);  // the fixed part, of norms' statistics
  EXPECT_GT(one.backward, one.kept);
  EXPECT_GT(three.backward, three.kept);
  for (const torch::Tensor& each : model->parameters()) EXPECT_FALSE(each.grad().defined());
}

// A network that keeps one map of its input's size for the backward pass, and no more.
class OneSigmoid final : public Model {
 public:
  OneSigmoid() { scale_ = register_parameter("scale", torch::ones({1})); }
  ModelOutput forward(const torch::Tensor& x) override {
    return {.logits = (x + scale_).sigmoid(), .auxiliary = {}};
  }

 private:
  torch::Tensor scale_;
};

TEST(MeasureMemory, CountsTheBytesThatAreAlive) {
  OneSigmoid model;
  const torch::Tensor x = torch::zeros({1, 3, 256, 256});
  const std::int64_t map = 4 * x.numel(), slack = 4096;
  const MemoryUse use = measure_memory(model, x);
  EXPECT_LE(std::abs(use.forward - 2 * map), slack);  // the sum and its sigmoid
  EXPECT_LE(std::abs(use.kept - map), slack);         // the sigmoid
}

std::vector<std::string> shapes(const std::string& name, const std::string& options, std::int64_t side) {
  std::vector<std::string> found;
  const auto model = network(name, options);
  for (const Stage& each : find_stages(*model, image(1, side))) {
    std::string text = std::to_string(each.pixels) + ":";
    for (const std::size_t input : each.inputs) text += " " + std::to_string(input);
    found.push_back(text);
  }
  return found;
}

TEST(Stages, OfAUnetAreItsLevelsJoinedBySkips) {
  EXPECT_EQ(shapes("unet", "{start: 4}", 64),
            (std::vector<std::string>{"4096:", "1024: 0", "256: 1", "64: 2", "16: 3", "64: 3 4", "256: 2 5",
                                      "1024: 1 6", "4096: 0 7"}));
}

TEST(Stages, OfANetworkWithSqueezeAndExcitationDoNotListEachGate) {
  const auto found = shapes("efficientnet", "{}", 64);
  EXPECT_LE(found.size(), 7U);
}

TEST(Stages, OfSwinAreItsResolutionsOneAfterTheOther) {  // its maps are [N, H, W, C]
  EXPECT_EQ(shapes("swin_v2", "{variant: t}", 64),
            (std::vector<std::string>{"256:", "64: 0", "16: 1", "4: 2", "1: 3"}));
}

TEST(Stages, HoldAllParameters) {
  for (const std::string name : {"unet", "enet", "unetpp", "attention_unet", "deeplabv3", "efficientnet"}) {
    const auto model = network(name);
    std::int64_t sum = 0;
    for (const Stage& each : find_stages(*model, image(1, 128))) sum += each.parameters;
    EXPECT_EQ(sum, count_parameters(*model).total) << name;
  }
}

TEST(DrawNetwork, EscapesItsTitleAndDrawsABoxForEachStage) {
  const auto model = network("unet", "{start: 4}");
  const std::string svg = draw_network(*model, image(), "<unet> & \"more\"");
  EXPECT_NE(svg.find("&lt;unet&gt; &amp; &quot;more&quot;"), std::string::npos);
  std::size_t boxes = 0;
  for (std::size_t at = svg.find("<g><rect"); at != std::string::npos; at = svg.find("<g><rect", at + 1))
    ++boxes;
  EXPECT_EQ(boxes, 9U);
  for (const char* name : {"inc", "down4.block", "up1", "128 × 8 × 8"}) {
    EXPECT_EQ(svg.find(std::string(name)) == std::string::npos, std::string(name) == "128 × 8 × 8") << name;
  }
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

TEST(Registry, NamesThePaperOfEveryNetwork) {
  for (const auto& item : models().items())
    EXPECT_TRUE(std::regex_search(item.summary, std::regex(R"( \([A-Z][^()]* (19|20)\d\d\)$)")))
        << item.summary;
}

TEST(DrawNetwork, DrawsEveryNetwork) {
  for (const auto& item : models().items()) {
    const auto model = models().make(item.name, ConfigNode(), ModelShape{3, 2});
    const std::int64_t side = item.name == "vit" ? 224 : 128;
    const std::string svg = draw_network(*model, image(1, side), item.name);
    EXPECT_TRUE(svg.starts_with("<svg")) << item.name;
    EXPECT_TRUE(svg.ends_with("</svg>\n")) << item.name;
    EXPECT_LT(svg.size(), 100000U) << item.name;
  }
}

}  // namespace
}  // namespace nadir
