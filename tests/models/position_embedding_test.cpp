// Position embeddings of another image size, against timm's (tests/data/goldens/make_timm.py).
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "golden.h"
#include "models/blocks/token_grid.h"
#include "nadir/model_file.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

using Json = nlohmann::json;

const Json& reference() {
  static const Json file = golden::read(golden::folder() / "position-embedding.json");
  return file;
}

std::shared_ptr<Model> vit(std::int64_t height, std::int64_t width, const std::string& name = "vit",
                           const std::string& more = "") {
  const std::string size = "image_size: [" + std::to_string(height) + ", " + std::to_string(width) + "]";
  return models().make(name, parse_yaml("{" + size + more + "}", "test"), {3, 4});
}

void fill(Model& model) {
  const torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : named_state(model))
    tensor.copy_(golden::state(name, tensor.sizes(), /*is_norm=*/true));
}

TEST(PositionEmbedding, IsResampledAsTimmDoesIt) {
  const torch::Tensor positions = golden::units("pos_embed", {1, 197, 4}).to(torch::kFloat32);
  const double tolerance = reference().at("tolerance").at("positions_abs").get<double>();
  for (const Json& each : reference().at("positions")) {
    const auto grid = each.at("grid").get<std::vector<std::int64_t>>();
    const torch::Tensor found = resample_positions(positions, {grid[0], grid[1], 1, "pos_embed"});
    const Json& expected = each.at("output");
    ASSERT_EQ(found.sizes().vec(), expected.at("shape").get<std::vector<std::int64_t>>());
    const torch::Tensor values = found.reshape({-1});
    for (const Json& sample : expected.at("samples")) {
      EXPECT_NEAR(values[sample.at(0).get<std::int64_t>()].item<double>(), sample.at(1).get<double>(),
                  tolerance)
          << found.sizes() << " at " << sample.at(0);
    }
    EXPECT_TRUE(torch::equal(found.select(1, 0), positions.select(1, 0)));  // the class token's
  }
}

// A ViT of 224 pixels in networks of 128 and 384, through a file.
TEST(PositionEmbedding, OfAFileIsMadeForTheNetworksImageSize) {
  const TemporaryFolder folder;
  const auto source = vit(224, 224);
  fill(*source);
  write_weights(folder / "224.safetensors", named_state(*source));
  const double tolerance = reference().at("tolerance").at("logits_abs").get<double>();
  for (const Json& each : reference().at("networks")) {
    const auto size = each.at("image_size").get<std::vector<std::int64_t>>();
    const auto model = vit(size[0], size[1]);
    model->to(torch::kFloat64);
    const WeightsReport report = load_weights(*model, folder / "224.safetensors");
    EXPECT_EQ(report.resized, std::vector<std::string>{"pos_embed"});
    EXPECT_NE(report.text().find("1 resized to the number of patches: pos_embed"), std::string::npos);
    model->eval();
    const torch::Tensor image =
        golden::units("input", {1, 3, size[0], size[1]}).to(torch::kFloat32).to(torch::kFloat64);
    const torch::NoGradGuard no_grad;
    const torch::Tensor logits = (*model)(image).squeeze(0);
    for (std::int64_t k = 0; k < 4; ++k) {
      EXPECT_NEAR(logits[k].item<double>(), each.at("logits").at(static_cast<std::size_t>(k)).get<double>(),
                  tolerance)
          << size[0];
    }
  }
}

TEST(PositionEmbedding, OfAnEncodersFileIsFoundUnderItsName) {
  const TemporaryFolder folder;
  const auto source = vit(32, 32);
  write_weights(folder / "vit.safetensors", named_state(*source));
  const auto model = models().make("fpn", parse_yaml("{encoder: vit_tiny}", "test"), {3, 2});
  const WeightsReport report = load_weights(*model, folder / "vit.safetensors", {.partial = true});
  EXPECT_EQ(report.resized, std::vector<std::string>{"encoder.pos_embed"});
  EXPECT_TRUE(report.misshapen.empty());
}

// Its head reads every token, so that alone stays as it was.
TEST(PositionEmbedding, OfStudy003sTransformerIsResizedToo) {
  const TemporaryFolder folder;
  const std::string small = ", width: 8, depth: 1, heads: 2";
  const auto source = vit(32, 32, "vit_scratch", small), model = vit(48, 64, "vit_scratch", small);
  write_weights(folder / "x.safetensors", named_state(*source));
  EXPECT_THROW(load_weights(*model, folder / "x.safetensors"), ModelError);
  const WeightsReport report = load_weights(*model, folder / "x.safetensors", {.partial = true});
  EXPECT_EQ(report.resized, std::vector<std::string>{"position_embedding"});
  ASSERT_EQ(report.misshapen.size(), 1U);
  EXPECT_TRUE(report.misshapen[0].starts_with("head1.weight"));
}

// 50 tokens and no class token are no square of patches.
TEST(PositionEmbedding, OfNoSquareGridIsAnError) {
  const TemporaryFolder folder;
  NamedTensors tensors;
  for (const auto& [name, tensor] : named_state(*vit(32, 32))) tensors.emplace_back(name, tensor.clone());
  for (auto& [name, tensor] : tensors) {
    if (name == "pos_embed") tensor = torch::zeros({1, 4, 192});
  }
  write_weights(folder / "x.safetensors", tensors);
  EXPECT_THROW(load_weights(*vit(64, 64), folder / "x.safetensors"), ModelError);
}

}  // namespace
}  // namespace nadir
