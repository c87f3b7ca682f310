// Pictures from text, from a picture, and from a picture with a mask, against diffusers' pipelines with the
// same seed (goldens/diffusion-start.json).
#include <ATen/CPUGeneratorImpl.h>

#include "diffusers_folder.h"

namespace nadir {
namespace {

const Json& golden_cases() {
  static const Json json = golden::read(golden::folder() / "diffusion-start.json");
  return json.at("cases");
}

// [3, 16, 16]
torch::Tensor start_image() {
  return golden::labels("start.image", {16, 16, 3}, 256).to(torch::kUInt8).permute({2, 0, 1}).contiguous();
}
torch::Tensor start_mask() {
  torch::Tensor mask = torch::zeros({16, 16}, torch::kUInt8);
  mask.slice(0, 4, 12).slice(1, 6, 16).fill_(255);
  return mask;
}

class Starts : public DiffusersFolder {
 protected:
  static GenerateConfig config_of(const Json& each) {
    GenerateConfig config;
    config.prompt = "a b c";
    config.steps = 5;
    config.seed = 7;
    config.scheduler = each.at("scheduler");
    config.height = config.width = 16;
    if (each.at("what") != "text") config.image = start_image();
    if (each.at("what") == "inpaint") config.mask = start_mask();
    if (!each.at("strength").is_null()) config.strength = each.at("strength").get<double>();
    return config;
  }
};

TEST_F(Starts, GiveThePicturesOfDiffusersPipelinesWithTheSameSeed) {
  const auto plain = load(), inpainting = load(inpainting_unet());
  for (const Json& each : golden_cases()) {
    SCOPED_TRACE(each.at("scheduler").get<std::string>() + ", " + each.at("what").get<std::string>() + ", " +
                 each.at("prediction_type").get<std::string>() + ", " + each.at("channels").dump() +
                 " channels, strength " + each.at("strength").dump());
    DiffusionModel& model = each.at("channels") == 9 ? *inpainting : *plain;
    model.scheduler.prediction =
        each.at("prediction_type") == "epsilon" ? Prediction::kNoise : Prediction::kVelocity;
    const GeneratedImage image = generate(model, config_of(each));
    const Json& latents = each.at("latents");
    const double scale = latents.at("abs_sum").get<double>() / 256;
    const torch::Tensor flat = image.latents.to(torch::kFloat64).flatten();
    EXPECT_NEAR(flat.abs().sum().item<double>(), latents.at("abs_sum").get<double>(), 256 * 2e-4 * scale);
    for (const Json& sample : latents.at("samples")) {
      EXPECT_NEAR(flat[sample[0].get<std::int64_t>()].item<double>(), sample[1].get<double>(), 2e-3 * scale);
    }
    // A value may fall on the other side of a half.
    EXPECT_NEAR(image.pixels.to(torch::kInt64).sum().item<double>(), each.at("pixel sum").get<double>(), 12);
  }
}

TEST_F(Starts, KeepTheLatentsOfWhatIsNotPaintedAnew) {
  const auto model = load();
  GenerateConfig config = config_of({{"scheduler", "ddim"}, {"what", "inpaint"}, {"strength", 1.0}});
  at::Generator generator = at::detail::createCPUGenerator(config.seed);
  const torch::NoGradGuard no_grad;
  const SamplingStart start = make_start(*model, config, generator);
  const torch::Tensor latents = generate(*model, config).latents;
  const torch::Tensor kept = start.mask[0].eq(0).expand_as(latents);
  EXPECT_TRUE(torch::equal(latents.masked_select(kept), start.image[0].masked_select(kept)));
  EXPECT_EQ(start.mask.sum().item<double>(), 4 * 5);  // 8 x 10 pixels, each latent pixel has 2 x 2
}

TEST_F(Starts, RefuseWhatDoesNotFit) {
  const auto plain = load(), inpainting = load(inpainting_unet());
  const auto refuses = [](DiffusionModel& model, const GenerateConfig& config, const std::string& why) {
    try {
      generate(model, config);
      ADD_FAILURE() << "accepted; expected: " << why;
    } catch (const ConfigError& error) {
      EXPECT_NE(std::string(error.what()).find(why), std::string::npos) << error.what();
    }
  };
  const GenerateConfig good = config_of({{"scheduler", "ddim"}, {"what", "inpaint"}, {"strength", 0.6}});
  GenerateConfig bad = good;
  bad.image = torch::Tensor();
  refuses(*plain, bad, "give the picture");
  bad = good, bad.mask = torch::Tensor();
  refuses(*inpainting, bad, "picture and a mask");
  bad = good, bad.mask = torch::zeros({8, 16}, torch::kUInt8);
  refuses(*plain, bad, "16 x 16");
  bad = good, bad.height = 32;
  refuses(*plain, bad, "32 x 16");
  bad = good, bad.image = bad.image.to(torch::kFloat32);
  refuses(*plain, bad, "8 bits");
  bad = good, bad.strength = 0.1;
  refuses(*plain, bad, "is none");
  bad = good, bad.strength = 1.5;
  refuses(*plain, bad, "strength");
}

TEST_F(Starts, NeedNoMoreThanOnePartInMemoryAtATime) {
  const auto whole = load();
  const auto small = load_diffusion({folder_.path(), {}}, "fp32", "cpu", /*low_memory=*/true);
  const auto bytes = [](const torch::nn::Module& part) {
    std::size_t sum = 0;
    for (const torch::Tensor& each : part.parameters()) sum += each.storage().nbytes();
    return sum;
  };
  const std::size_t full = bytes(*whole->denoiser), dropped = bytes(*small->denoiser);
  EXPECT_LT(dropped, full / 100);
  const GenerateConfig config = config_of({{"scheduler", "ddim"}, {"what", "image"}, {"strength", 0.6}});
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(torch::equal(generate(*small, config).latents, generate(*whole, config).latents));
    EXPECT_EQ(bytes(*small->denoiser), dropped);
    EXPECT_EQ(bytes(*small->text_encoder), small->text_encoder->parameters().size() * sizeof(float));
  }
}

TEST_F(Starts, MapWeightsOfTheirOwnPrecisionAndChangeNoFileWhenTheyChange) {
  const std::filesystem::path file = folder_.path() / "unet/diffusion_pytorch_model.safetensors";
  const std::string before = read_text_file(file);
  {
    const auto model = load();
    const torch::NoGradGuard no_grad;
    for (torch::Tensor& each : model->denoiser->parameters()) each.zero_();
  }
  EXPECT_TRUE(read_text_file(file) == before);
}

}  // namespace
}  // namespace nadir
