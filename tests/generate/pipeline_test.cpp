// From a folder in diffusers' layout to pixels: the tiny generation of goldens/diffusion-models.json.
#include "diffusers_folder.h"

namespace nadir {
namespace {

constexpr golden::Tolerance kGeneration{5e-4, 5e-4, 1e-3};

void expect_generation(DiffusionModel& model, const SamplingStart& start, const Json& expected) {
  GenerateConfig config;
  config.steps = 5;
  config.guidance = 7.5;
  const torch::Tensor latents = sample_latents(model, start, config, silent_observer());
  golden::expect_summary(latents, expected.at("final latents"), kGeneration);
  const torch::Tensor pixels = decode_pixels(model, latents, /*tiled=*/false);
  const double sum = expected.at("uint8 (times 255, rounded half to even)").at("sum");
  EXPECT_NEAR(pixels.to(torch::kFloat64).sum().item<double>(), sum, 1e-4 * sum);
}

TEST_F(DiffusersFolder, GivesTheReferencesPicture) {
  const auto model = load();
  expect_generation(*model, start(*model, false), models_golden().at("generation").at("without metadata"));
}

TEST_F(DiffusersFolder, GivesTheReferencesPictureWithMetadata) {
  const auto model = load(metadata_unet());
  expect_generation(
      *model, start(*model, true),
      models_golden().at("generation").at("with metadata (row 0 above; the unconditional half gets zeros)"));
}

TEST_F(DiffusersFolder, MakesTheSamePictureFromTheSameSeedWithEveryScheduler) {
  const auto model = load();
  for (const std::string& scheduler : scheduler_names()) {
    GenerateConfig config;
    config.prompt = "a b c";
    config.steps = 3;
    config.scheduler = scheduler;
    const GeneratedImage first = generate(*model, config), again = generate(*model, config);
    EXPECT_EQ(first.pixels.sizes().vec(), (std::vector<std::int64_t>{3, 16, 16})) << scheduler;
    EXPECT_TRUE(torch::equal(first.pixels, again.pixels)) << scheduler;
    EXPECT_TRUE(torch::equal(first.latents, again.latents)) << scheduler;
    config.seed = 1;
    EXPECT_FALSE(torch::equal(first.latents, generate(*model, config).latents)) << scheduler;
  }
}

TEST_F(DiffusersFolder, FollowsTextSizeAndMetadata) {
  const auto model = load(metadata_unet());
  GenerateConfig config;
  config.prompt = "a b";
  config.steps = 2;
  config.height = 12;
  config.width = 20;
  EXPECT_THROW(generate(*model, config), ConfigError);  // no metadata
  config.metadata = ImageMetadata{.longitude = 4.4, .latitude = 51.9, .gsd = 0.5};
  const GeneratedImage first = generate(*model, config);
  EXPECT_EQ(first.pixels.sizes().vec(), (std::vector<std::int64_t>{3, 12, 20}));
  GenerateConfig other = config;
  other.prompt = "c";
  EXPECT_FALSE(torch::equal(generate(*model, other).latents, first.latents));
  other = config;
  other.metadata->longitude = -120;
  EXPECT_FALSE(torch::equal(generate(*model, other).latents, first.latents));
  other = config;
  other.raw_metadata = true;
  EXPECT_FALSE(torch::equal(generate(*model, other).latents, first.latents));
  other = config;
  other.height = 13;
  EXPECT_THROW(generate(*model, other), ConfigError);
}

TEST_F(DiffusersFolder, TellsWhenAPromptIsTooLong) {
  const auto model = load();
  GenerateConfig config;
  config.steps = 1;
  config.prompt = "a a a";
  EXPECT_FALSE(generate(*model, config).prompt_cut);
  for (int i = 0; i < 20; ++i) config.prompt += " b";
  EXPECT_TRUE(generate(*model, config).prompt_cut);
}

TEST_F(DiffusersFolder, ReadsHalfPrecisionShardsAndOldNames) {
  const torch::Tensor before =
      load()->denoiser->forward(torch::ones({1, 4, 8, 8}), torch::tensor({1}), torch::ones({1, 3, 32}));
  const std::filesystem::path whole = folder_.path() / "unet/diffusion_pytorch_model.safetensors";
  const NamedTensors tensors = read_safetensors(whole).tensors;
  Json map;
  SafeTensors shards[2];
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    shards[i % 2].tensors.push_back(tensors[i]);
    map[tensors[i].first] = "shard-" + std::to_string(i % 2) + ".safetensors";
  }
  for (int i = 0; i < 2; ++i)
    write_safetensors(folder_.path() / ("unet/shard-" + std::to_string(i) + ".safetensors"), shards[i]);
  put("unet/diffusion_pytorch_model.safetensors.index.json", {{"weight_map", map}});
  std::filesystem::remove(whole);
  const auto in_shards = load();
  EXPECT_TRUE(torch::equal(
      in_shards->denoiser->forward(torch::ones({1, 4, 8, 8}), torch::tensor({1}), torch::ones({1, 3, 32})),
      before));

  const std::filesystem::path vae = folder_.path() / "vae/diffusion_pytorch_model.safetensors";
  SafeTensors old;
  for (auto [name, tensor] : read_safetensors(vae).tensors) {
    for (const auto& [now, then] :
         std::vector<std::pair<std::string, std::string>>{{".to_q.", ".query."},
                                                          {".to_k.", ".key."},
                                                          {".to_v.", ".value."},
                                                          {".to_out.0.", ".proj_attn."}}) {
      const std::size_t at = name.find(now);
      if (at == std::string::npos) continue;
      name.replace(at, now.size(), then);
      if (tensor.dim() == 2) tensor = tensor.unsqueeze(2).unsqueeze(3);
    }
    old.tensors.emplace_back(name, tensor.to(torch::kFloat16));
  }
  std::filesystem::remove(vae);
  write_safetensors(folder_.path() / "vae/diffusion_pytorch_model.fp16.safetensors", old);
  const torch::Tensor latents = golden::normal("old", {1, 4, 4, 4});
  const torch::NoGradGuard no_grad;
  EXPECT_LT((load()->autoencoder->decode(latents) - in_shards->autoencoder->decode(latents))
                .abs()
                .max()
                .item<double>(),
            2e-2);
}

// transformers 5 writes a text encoder's tensors without "text_model." in front.
TEST_F(DiffusersFolder, ReadsATextEncoderWithoutThePrefixOfItsNames) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor ids = torch::tensor({{98, 0, 1, 99}});
  const torch::Tensor before = load()->text_encoder->forward(ids).tokens;
  const std::filesystem::path file = folder_.path() / "text_encoder/model.safetensors";
  const std::string prefix = "text_model.";
  SafeTensors bare;
  for (const auto& [name, tensor] : read_safetensors(file).tensors) {
    ASSERT_TRUE(name.starts_with(prefix)) << name;
    bare.tensors.emplace_back(name.substr(prefix.size()), tensor.clone());
  }
  std::filesystem::remove(file);
  write_safetensors(file, bare);
  EXPECT_TRUE(torch::equal(load()->text_encoder->forward(ids).tokens, before));
}

TEST_F(DiffusersFolder, NamesWhatIsWrongWithIt) {
  const auto message = [&] {
    try {
      load();
      return std::string("nothing");
    } catch (const ModelError& error) {
      return std::string(error.what());
    }
  };
  EXPECT_EQ(message(), "nothing");
  std::filesystem::rename(folder_.path() / "vae/diffusion_pytorch_model.safetensors",
                          folder_.path() / "kept");
  EXPECT_NE(message().find("vae: has no weights"), std::string::npos) << message();
  std::filesystem::rename(folder_.path() / "kept",
                          folder_.path() / "vae/diffusion_pytorch_model.safetensors");
  Json config = unet_config(false);
  config["cross_attention_dim"] = 48;
  put("unet/config.json", config);
  EXPECT_NE(message().find("48"), std::string::npos) << message();
  config = unet_config(false);
  config["block_out_channels"] = {32, 32};
  put("unet/config.json", config);
  EXPECT_NE(message().find("unet"), std::string::npos) << message();
  std::filesystem::remove_all(folder_.path() / "scheduler");
  put("unet/config.json", unet_config(false));
  EXPECT_NE(message().find("no folder scheduler"), std::string::npos) << message();
  EXPECT_THROW(load_diffusion({folder_.path() / "nowhere", {}}), ModelError);
  EXPECT_THROW(load_diffusion({folder_.path(), {}}, "int8"), ConfigError);
}

}  // namespace
}  // namespace nadir
