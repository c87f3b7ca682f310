// The networks of Stable Diffusion and DiffusionSat against diffusers' and transformers' (goldens/
// diffusion.json, diffusion-models.json).
#include <fstream>

#include "diffusion_golden.h"
#include "models/diffusion/autoencoder.h"
#include "models/diffusion/denoiser.h"
#include "models/diffusion/text_encoder.h"
#include "models/diffusion/time_embedding.h"
#include "nadir/generate.h"

namespace nadir {
namespace {

using Json = nlohmann::json;

constexpr golden::Tolerance kNetworks{1e-3, 1e-4, 2e-4};

const Json& models_file() {
  static const Json json = golden::read(golden::folder() / "diffusion-models.json");
  return json;
}
const Json& numbers_file() {
  static const Json json = golden::read(golden::folder() / "diffusion.json");
  return json;
}

torch::Tensor input(const Json& json) { return golden::normal(json.at("name"), golden::shape_of(json)); }

torch::Tensor ids_of(const Json& json) {
  std::vector<std::vector<std::int64_t>> rows =
      json.front().is_array() ? json.get<std::vector<std::vector<std::int64_t>>>()
                              : std::vector<std::vector<std::int64_t>>{json.get<std::vector<std::int64_t>>()};
  std::vector<torch::Tensor> tensors;
  for (const auto& row : rows) tensors.push_back(torch::tensor(row, torch::kInt64));
  return torch::stack(tensors);
}

// Every tensor of the golden, and no other.
void expect_tensors(const torch::nn::Module& module, const Json& tensors) {
  std::size_t count = 0;
  for (const auto& [name, tensor] : named_state(module)) {
    ++count;
    ASSERT_TRUE(tensors.contains(name)) << name;
    EXPECT_EQ(tensor.sizes().vec(), tensors.at(name).get<std::vector<std::int64_t>>()) << name;
  }
  EXPECT_EQ(count, tensors.size());
}

template <class T>
std::shared_ptr<T> filled(std::shared_ptr<T> module) {
  golden::fill(*module);
  module->eval();
  return module;
}

std::shared_ptr<Denoiser> tiny_unet(bool metadata) {
  Json config = models_file().at("unet").at("config");
  if (metadata) config["use_metadata"] = true, config["num_metadata"] = 7;
  return filled(make_denoiser(read_denoiser_config(CheckedJson(config, "config.json"))));
}
std::shared_ptr<Autoencoder> tiny_vae() {
  return filled(make_autoencoder(
      read_autoencoder_config(CheckedJson(models_file().at("vae").at("config"), "config.json"))));
}
std::shared_ptr<TextEncoder> tiny_text_encoder() {
  return filled(make_text_encoder(
      read_text_encoder_config(CheckedJson(models_file().at("text_encoder").at("config"), "config.json"))));
}

TEST(TextEncoderGolden, GivesTheReferencesTokens) {
  const torch::NoGradGuard no_grad;
  const Json& golden = models_file().at("text_encoder");
  const auto encoder = tiny_text_encoder();
  expect_tensors(*encoder, golden.at("tensors"));
  EXPECT_EQ(count_parameters(*encoder).total, golden.at("parameters").get<std::int64_t>());
  const TextEncoder::Output output = encoder->forward(ids_of(golden.at("input_ids")));
  golden::expect_summary(output.tokens, golden.at("last_hidden_state (after final_layer_norm)"), kNetworks);
  golden::expect_summary(output.pooled, golden.at("pooled"), kNetworks);
}

TEST(TextEncoderGolden, RefusesTooManyTokens) {
  EXPECT_THROW(tiny_text_encoder()->forward(torch::zeros({1, 17}, torch::kInt64)), ModelError);
}

TEST(DenoiserGolden, GivesTheReferencesOutputsAndGradients) {
  const Json& golden = models_file().at("unet");
  const auto unet = tiny_unet(false);
  expect_tensors(*unet, golden.at("tensors"));
  EXPECT_EQ(count_parameters(*unet).total, golden.at("parameters").get<std::int64_t>());
  const torch::Tensor sample = input(golden.at("input").at("sample"));
  const torch::Tensor context = input(golden.at("input").at("encoder_hidden_states"));
  const torch::Tensor timestep =
      torch::tensor(golden.at("input").at("timestep").get<std::vector<std::int64_t>>());
  const torch::Tensor output = unet->forward(sample, timestep, context);
  golden::expect_summary(output, golden.at("output"), kNetworks);

  const Json& train = golden.at("train");
  const torch::Tensor target = golden::normal(train.at("target").at("name"), output.sizes());
  const torch::Tensor loss = torch::mse_loss(output, target);
  EXPECT_NEAR(loss.item<double>(), train.at("loss (mean squared error)").get<double>(), 1e-4);
  loss.backward();
  double total = 0;
  for (const auto& each : unet->named_parameters()) {
    const double norm = each.value().grad().norm().item<double>();
    total += norm * norm;
    const Json& some = train.at("gradient").at("l2 of some");
    if (some.contains(each.key())) {
      EXPECT_NEAR(norm, some.at(each.key()).get<double>(), 1e-3 * some.at(each.key()).get<double>())
          << each.key();
    }
  }
  EXPECT_NEAR(std::sqrt(total), train.at("gradient").at("total l2").get<double>(), 6e-3);
}

TEST(DenoiserGolden, TakesMapsThatAreNotSquare) {
  const torch::NoGradGuard no_grad;
  const Json& wide = models_file().at("unet").at("not square");
  const torch::Tensor context = input(models_file().at("unet").at("input").at("encoder_hidden_states"));
  const torch::Tensor output = tiny_unet(false)->forward(
      input(wide.at("sample")), torch::tensor({wide.at("timestep").get<std::int64_t>()}),
      context.slice(0, 0, 1));
  golden::expect_summary(output, wide.at("output"), kNetworks);
}

TEST(DenoiserGolden, TakesOddSides) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor output =
      tiny_unet(false)->forward(torch::rand({1, 4, 7, 9}), torch::tensor({3}), torch::rand({1, 7, 32}));
  EXPECT_EQ(output.sizes().vec(), (std::vector<std::int64_t>{1, 4, 7, 9}));
}

torch::Tensor golden_metadata() {
  const Json& rows = models_file().at("unet_metadata").at("input").at("as unet, metadata");
  std::vector<torch::Tensor> tensors;
  for (const Json& row : rows) tensors.push_back(torch::tensor(row.get<std::vector<float>>()));
  return torch::stack(tensors);
}

TEST(DenoiserGolden, TakesMetadata) {
  const torch::NoGradGuard no_grad;
  const Json& golden = models_file().at("unet_metadata");
  const Json& inputs = models_file().at("unet").at("input");
  const auto unet = tiny_unet(true);
  EXPECT_EQ(count_parameters(*unet).total, golden.at("parameters").get<std::int64_t>());
  const torch::Tensor timestep = torch::tensor(inputs.at("timestep").get<std::vector<std::int64_t>>());
  const torch::Tensor output = unet->forward(input(inputs.at("sample")), timestep,
                                             input(inputs.at("encoder_hidden_states")), golden_metadata());
  golden::expect_summary(output, golden.at("output"), kNetworks);
  EXPECT_THROW(unet->forward(input(inputs.at("sample")), timestep, input(inputs.at("encoder_hidden_states"))),
               ModelError);
}

TEST(AutoencoderGolden, EncodesAndDecodesAsTheReference) {
  const torch::NoGradGuard no_grad;
  const Json& golden = models_file().at("vae");
  const auto vae = tiny_vae();
  expect_tensors(*vae, golden.at("tensors"));
  EXPECT_EQ(count_parameters(*vae).total, golden.at("parameters").get<std::int64_t>());
  golden::expect_summary(vae->decode(input(golden.at("decode").at("input"))),
                         golden.at("decode").at("output"), kNetworks);
  const Json& encode = golden.at("encode");
  const Json& image = encode.at("input");  // f32(2u - 1)
  const LatentDistribution latents =
      vae->encode((2 * golden::units(image.at("name"), golden::shape_of(image)) - 1).to(torch::kFloat32));
  golden::expect_summary(latents.mean, encode.at("mean"), kNetworks);
  golden::expect_summary(latents.log_variance, encode.at("logvar (clamped to [-30, 20])"), kNetworks);
  golden::expect_summary(vae->decode(latents.mean), golden.at("decode(mean)"), kNetworks);
  const Json& sampled = encode.at("sample = mean + exp(logvar / 2) noise");
  golden::expect_summary(latents.sample(golden::normal("tiny.vae.noise", golden::shape_of(sampled))), sampled,
                         kNetworks);
  EXPECT_NEAR(latents.kl()[0].item<double>(), encode.at("kl")[0].get<double>(), 1e-3 * 111);
}

// Doubles every pixel and looks at nothing else.
class LocalAutoencoder final : public Autoencoder {
 public:
  LocalAutoencoder() { config_.channels = {32, 32}; }
  LatentDistribution encode(const torch::Tensor&) override { throw std::logic_error("not asked for"); }
  torch::Tensor decode(const torch::Tensor& latents) override {
    largest = std::max({largest, latents.size(2), latents.size(3)});
    return torch::upsample_nearest2d(latents,
                                     std::vector<std::int64_t>{2 * latents.size(2), 2 * latents.size(3)});
  }
  const AutoencoderConfig& config() const override { return config_; }
  std::int64_t largest = 0;

 private:
  AutoencoderConfig config_;
};

TEST(AutoencoderTiles, GiveTheWholePictureWhereADecoderLooksAtSinglePixels) {
  for (const std::int64_t height : {1, 5, 8, 9, 14, 32}) {
    for (const std::int64_t width : {3, 8, 20}) {
      LocalAutoencoder autoencoder;
      const torch::Tensor latents = golden::normal("tiles", {2, 3, height, width});
      const torch::Tensor tiled = decode_tiled(autoencoder, latents, 8);
      EXPECT_LE(autoencoder.largest, 8);
      EXPECT_LT((tiled - autoencoder.decode(latents)).abs().max().item<double>(), 1e-6)
          << height << " x " << width;
    }
  }
}

TEST(AutoencoderTiles, OneTileIsThePlainDecoder) {
  const torch::NoGradGuard no_grad;
  const auto vae = tiny_vae();
  const torch::Tensor latents = golden::normal("tiles", {1, 4, 12, 20});
  EXPECT_TRUE(torch::equal(decode_tiled(*vae, latents, 32), vae->decode(latents)));
}

TEST(FrequencyEmbedding, IsTheReferences) {
  for (const Json& each : numbers_file().at("timestep_embedding").at("cases")) {
    const FrequencyConfig config{each.at("dim"), each.at("flip_sin_to_cos"), each.at("downscale_freq_shift")};
    for (const Json& row : each.at("rows")) {
      const torch::Tensor found =
          embed_frequencies(torch::tensor({row.at("t").get<double>()}), config).flatten();
      EXPECT_NEAR(found.to(torch::kFloat64).abs().sum().item<double>(), row.at("abs_sum").get<double>(),
                  1e-4 * row.at("abs_sum").get<double>());
      for (const Json& sample : row.at("samples")) {
        EXPECT_NEAR(found[sample[0].get<std::int64_t>()].item<double>(), sample[1].get<double>(), 1e-4)
            << "t " << row.at("t") << " at " << sample[0];
      }
    }
  }
}

ImageMetadata metadata_of(const Json& numbers) {
  return {numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], numbers[6]};
}

TEST(Metadata, IsNormalisedAsInTrainingAndAsTheStudyPassedIt) {
  for (const Json& each : numbers_file().at("metadata").at("normalisation")) {
    const ImageMetadata metadata =
        metadata_of(each.at("seven numbers (lon, lat, gsd, cloud cover, year, month, day)"));
    const Json& training =
        each.at("as the training data are prepared (lon + 180, lat + 90, year - 1980 first)");
    const Json& raw = each.at("as the seed calls it (raw)");
    for (std::size_t i = 0; i < 7; ++i) {
      EXPECT_NEAR(normalise(metadata)[i], training[i].get<double>(), 1e-4);
      EXPECT_NEAR(normalise(metadata, /*raw=*/true)[i], raw[i].get<double>(), 1e-3);
    }
  }
}

TEST(Metadata, RefusesWhatCannotBe) {
  ImageMetadata metadata;
  EXPECT_THROW(set_date(metadata, "2020-2-27"), ConfigError);
  EXPECT_THROW(set_date(metadata, "2021-02-29"), ConfigError);
  set_date(metadata, "2020-02-29");
  EXPECT_EQ(metadata.day, 29);
  metadata.latitude = 91;
  EXPECT_THROW(check(metadata), ConfigError);
}

// One line for each tensor, sorted by name: name, colon, dimensions joined by x.
std::string listing_hash(const torch::nn::Module& module) {
  std::map<std::string, torch::Tensor> sorted;
  for (const auto& [name, tensor] : named_state(module)) sorted.emplace(name, tensor);
  std::string lines;
  for (const auto& [name, tensor] : sorted) {
    lines += name + ":";
    for (std::int64_t i = 0; i < tensor.dim(); ++i) lines += (i ? "x" : "") + std::to_string(tensor.size(i));
    lines += "\n";
  }
  std::uint64_t h = 0xcbf29ce484222325U;
  for (const char c : lines) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(h));
  return text;
}

// Half the memory while full-size networks are built.
class HalfSize {
 public:
  HalfSize() { torch::set_default_dtype(caffe2::TypeMeta::Make<at::BFloat16>()); }
  ~HalfSize() { torch::set_default_dtype(caffe2::TypeMeta::Make<float>()); }
  HalfSize(const HalfSize&) = delete;
  HalfSize& operator=(const HalfSize&) = delete;
};

void expect_published(const torch::nn::Module& module, const std::string& name) {
  const Json& golden = numbers_file().at("parameter_counts").at(name);
  EXPECT_EQ(count_parameters(module).total, golden.at("parameters").get<std::int64_t>());
  EXPECT_EQ(listing_hash(module), golden.at("fnv1a of the sorted names and shapes").get<std::string>());
}

CheckedJson published_config(const std::string& name) {
  return {numbers_file().at("parameter_counts").at(name).at("config"), name};
}

TEST(PublishedSizes, OfStableDiffusionsAutoencoder) {
  const HalfSize half;
  expect_published(*make_autoencoder(read_autoencoder_config(published_config("sd21_vae"))), "sd21_vae");
}

TEST(PublishedSizes, OfStableDiffusionsTextEncoder) {
  const HalfSize half;
  expect_published(*make_text_encoder(read_text_encoder_config(published_config("sd21_text_encoder"))),
                   "sd21_text_encoder");
}

TEST(PublishedSizes, OfStableDiffusionsUnetAndOfDiffusionSats) {
  const HalfSize half;
  DenoiserConfig config = read_denoiser_config(published_config("sd21_unet"));
  expect_published(*make_denoiser(config), "sd21_unet");
  config.metadata = 7;
  EXPECT_EQ(
      count_parameters(*make_denoiser(config)).total,
      numbers_file().at("parameter_counts").at("diffusionsat_unet").at("parameters").get<std::int64_t>());
}

TEST(DiffusersConfigs, AreRefusedByFieldWhereTheyAskForMore) {
  Json config = numbers_file().at("parameter_counts").at("sd21_unet").at("config");
  for (const auto& [field, value] :
       std::vector<std::pair<std::string, Json>>{{"dual_cross_attention", true},
                                                 {"class_embed_type", "timestep"},
                                                 {"down_block_types", {"AttnDownBlock2D", "DownBlock2D"}},
                                                 {"block_out_channels", {320, 640}},
                                                 {"norm_num_groups", 33}}) {
    Json changed = config;
    changed[field] = value;
    EXPECT_THROW(read_denoiser_config(CheckedJson(changed, "config.json")), ModelError) << field;
  }
}

}  // namespace
}  // namespace nadir
