// Low-rank changes: learnt beside the weights, written for others, merged into the weights.
#include "generate/lora.h"

#include "diffusion_golden.h"
#include "models/diffusion/adaptable_linear.h"
#include "nadir/model_file.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

std::shared_ptr<Denoiser> small_unet() {
  DenoiserConfig config;
  config.context = 8;
  config.groups = 4;
  config.layers_per_block = 1;
  config.levels = {{8, 2, true}, {16, 2, false}};
  auto unet = make_denoiser(config);
  golden::fill(*unet);
  unet->eval();
  return unet;
}

torch::Tensor output_of(Denoiser& unet) {
  const torch::NoGradGuard no_grad;
  return unet.forward(golden::normal("x", {1, 4, 8, 8}), torch::tensor({10}),
                      golden::normal("text", {1, 3, 8}));
}

// Changes of every projection, as training leaves them.
std::vector<LoraLayer> adapt(Denoiser& unet, double scale) {
  const torch::NoGradGuard no_grad;
  std::vector<LoraLayer> layers;
  for (const auto& [name, layer] : adaptable_layers(unet)) {
    LowRank change(layer->weight.size(1), layer->weight.size(0), 2, scale);
    change->named_parameters()["down"].copy_(golden::normal(name + ".down", change->down().sizes()));
    change->named_parameters()["up"].copy_(0.1 * golden::normal(name + ".up", change->up().sizes()));
    layer->adapt(change);
    layers.push_back({name, change->down(), change->up(), scale});
  }
  return layers;
}

class LoraTest : public testing::Test {
 protected:
  std::string refused(const NamedTensors& tensors) {
    write_safetensors(folder_ / "bad.safetensors", {tensors, {}});
    const auto unet = small_unet();
    const torch::Tensor before = output_of(*unet);
    std::string text;
    try {
      merge_lora(*unet, folder_ / "bad.safetensors");
    } catch (const ModelError& error) {
      text = error.what();
    }
    EXPECT_TRUE(torch::equal(output_of(*unet), before));
    return text;
  }
  TemporaryFolder folder_;
  const std::string layer_ = "mid_block.attentions.0.transformer_blocks.0.attn1.to_q";
};

TEST_F(LoraTest, ChangesNothingAtFirst) {
  const auto unet = small_unet();
  const torch::Tensor before = output_of(*unet);
  for (const auto& [name, layer] : adaptable_layers(*unet)) {
    layer->adapt(LowRank(layer->weight.size(1), layer->weight.size(0), 4, 1.0));
  }
  EXPECT_TRUE(torch::equal(output_of(*unet), before));
}

TEST_F(LoraTest, IsThreeAttentionBlocksOfEightProjections) {
  const auto unet = small_unet();
  const auto layers = adaptable_layers(*unet);
  EXPECT_EQ(layers.size(), 4U * 8);  // down, middle, two of up
  EXPECT_EQ(layers.front().first, "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q");
}

TEST_F(LoraTest, MergedIsTheSameAsBeside) {
  const auto beside = small_unet(), merged = small_unet();
  const torch::Tensor before = output_of(*merged);
  write_lora(folder_ / "lora.safetensors", adapt(*beside, 0.5));
  merge_lora(*merged, folder_ / "lora.safetensors");
  EXPECT_GT((output_of(*beside) - before).abs().max().item<double>(), 1e-2);
  EXPECT_TRUE(torch::allclose(output_of(*merged), output_of(*beside), 1e-4, 1e-5));
  // Twice the strength is twice the change of a weight.
  const auto doubled = small_unet();
  merge_lora(*doubled, folder_ / "lora.safetensors", 2);
  const std::string name = layer_ + ".weight";
  const torch::Tensor plain = small_unet()->named_parameters()[name];
  EXPECT_TRUE(torch::allclose(doubled->named_parameters()[name] - plain,
                              2 * (merged->named_parameters()[name] - plain), 1e-4, 1e-5));
}

TEST_F(LoraTest, ReadsTheFormsOfOthers) {
  const torch::Tensor down = golden::normal("down", {2, 16}), up = golden::normal("up", {16, 2});
  const auto weight_after = [&](const NamedTensors& tensors,
                                std::map<std::string, std::string> metadata = {}) {
    write_safetensors(folder_ / "other.safetensors", {tensors, std::move(metadata)});
    const auto unet = small_unet();
    merge_lora(*unet, folder_ / "other.safetensors");
    return unet->named_parameters()[layer_ + ".weight"].detach() -
           small_unet()->named_parameters()[layer_ + ".weight"].detach();
  };
  const torch::Tensor whole = torch::mm(up, down);
  const auto expect = [&](const torch::Tensor& change, double scale) {
    EXPECT_TRUE(torch::allclose(change, scale * whole, 1e-4, 1e-5));
  };
  const std::string unet = "unet." + layer_;
  expect(weight_after({{unet + ".lora_A.weight", down}, {unet + ".lora_B.weight", up}}), 1);
  expect(weight_after({{unet + ".lora.down.weight", down}, {unet + ".lora.up.weight", up}}), 1);
  expect(weight_after({{layer_ + ".lora_A.default.weight", down}, {layer_ + ".lora_B.default.weight", up}}),
         1);
  const std::string processor = "unet.mid_block.attentions.0.transformer_blocks.0.attn1.processor.to_q_lora";
  expect(weight_after({{processor + ".down.weight", down}, {processor + ".up.weight", up}}), 1);
  expect(weight_after({{unet + ".lora_down.weight", down},
                       {unet + ".lora_up.weight", up},
                       {unet + ".alpha", torch::tensor(8.0)}}),
         4);
  expect(weight_after({{unet + ".lora_A.weight", down}, {unet + ".lora_B.weight", up}},
                      {{"lora_adapter_metadata", "{\"unet.r\": 2, \"unet.lora_alpha\": 6}"}}),
         3);
}

TEST_F(LoraTest, SaysWhatDoesNotFit) {
  const torch::Tensor down = torch::ones({2, 16}), up = torch::ones({16, 2});
  EXPECT_NE(refused({{"unet." + layer_ + ".lora_A.weight", down}}).find("only one of its two matrices"),
            std::string::npos);
  EXPECT_NE(refused({{"unet.nothing.lora_A.weight", down}, {"unet.nothing.lora_B.weight", up}})
                .find("nothing, which the U-Net does not have"),
            std::string::npos);
  EXPECT_NE(refused({{layer_ + ".lora_A.weight", torch::ones({2, 5})}, {layer_ + ".lora_B.weight", up}})
                .find("16 x 5, and the U-Net's layer is 16 x 16"),
            std::string::npos);
  EXPECT_NE(refused({{"text_encoder.a.lora_A.weight", down}}).find("text encoder"), std::string::npos);
  EXPECT_NE(refused({{"conv.weight", down}}).find("no tensor of a LoRA"), std::string::npos);
}

}  // namespace
}  // namespace nadir
