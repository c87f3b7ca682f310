// Training of diffusion models on the common trainer: from scratch, and of a folder as users have it.
#include <fstream>

#include "data_test/messages.h"
#include "generate/diffusion_golden.h"
#include "generate/diffusion_model.h"
#include "generate/lora.h"
#include "generate/save_folder.h"
#include "nadir/nadir.h"
#include "run_comparison.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

using Json = nlohmann::json;

// 48 pictures of 8 x 8: dark ones are of the sea, bright ones of a town; towns lie in the north.
class GenerationTest : public ::testing::Test {
 protected:
  GenerationTest() {
    torch::manual_seed(2);
    std::string list = "image,caption,lon,lat,gsd,cloud,date,part\n";
    for (int i = 0; i < 48; ++i) {
      const bool town = i % 2 == 1;
      const std::string name = "patch-" + std::to_string(i) + ".png";
      const torch::Tensor noise = torch::randint(0, 40, {8, 8, 3}, torch::kInt64);
      write_file_atomically(folder_ / name, encode_png((noise + (town ? 180 : 30)).to(torch::kUInt8)));
      list += name + (town ? ",a town,4.4,51.9" : ",the sea,4.4,-51.9") + ",10,0.1,2020-02-27," +
              (i < 40 ? "train" : "val") + "\n";
    }
    std::ofstream(folder_ / "list.csv") << list;
  }
  Recipe recipe(const std::vector<std::string>& overrides = {}) const {
    const std::string yaml =
        "task: generation\n"
        "data:\n"
        "  source: {captions: {file: " +
        (folder_ / "list.csv").string() +
        "}}\n"
        "  split: {by: source}\n"
        "  sampler: whole\n"
        "model: {pixel_diffusion: {channels: [16, 16], heads: 2, groups: 4, text_channels: 8, tokens: 8, "
        "timesteps: 100}}\n"
        "loss: {denoising: {min_snr_gamma: 5}}\n"
        "optimizer: {adamw: {lr: 3e-3}}\n"
        "train: {epochs: 2, batch_size: 8, seed: 5, device: cpu}\n"
        "track: {tensorboard: false}\n";
    write_file_atomically(folder_ / "generation.yaml", yaml);
    return read_recipe(folder_ / "generation.yaml", overrides);
  }
  RunFolder run(const std::string& name) const { return RunFolder(folder_ / name); }
  std::filesystem::path learnt(const std::string& name) const { return folder_ / name / "diffusers"; }

  // A tiny Stable Diffusion of random weights, as it lies on disk.
  std::string stable_diffusion() const {
    const Json golden = golden::read(golden::folder() / "diffusion-models.json");
    const std::filesystem::path folder = folder_ / "sd";
    const auto put = [&](const std::string& name, const Json& json) {
      write_file_atomically(folder / name, json.dump());
    };
    const auto save = [&](const std::string& name, torch::nn::Module& module) {
      golden::fill(module);
      write_safetensors(folder / name, {named_state(module), {}});
    };
    for (const auto& [part, file] : std::map<std::string, std::string>{{"unet", "unet"}, {"vae", "vae"}}) {
      put(part + "/config.json", golden.at(file).at("config"));
    }
    put("text_encoder/config.json", golden.at("text_encoder").at("config"));
    save("unet/diffusion_pytorch_model.safetensors",
         *make_denoiser(read_denoiser_config({golden.at("unet").at("config"), "unet"})));
    save("vae/diffusion_pytorch_model.safetensors",
         *make_autoencoder(read_autoencoder_config({golden.at("vae").at("config"), "vae"})));
    save("text_encoder/model.safetensors",
         *make_text_encoder(read_text_encoder_config({golden.at("text_encoder").at("config"), "text"})));
    Json vocabulary;
    for (int i = 0; i < 98; ++i) {
      vocabulary[i < 26 ? std::string(1, static_cast<char>('a' + i)) + "</w>" : "w" + std::to_string(i)] = i;
    }
    vocabulary["<|startoftext|>"] = 98;
    vocabulary["<|endoftext|>"] = 99;
    put("tokenizer/vocab.json", vocabulary);
    put("tokenizer/tokenizer_config.json", {{"model_max_length", 16}});
    write_file_atomically(folder / "tokenizer/merges.txt", std::string("#version: 0.2\n"));
    put("scheduler/scheduler_config.json",
        {{"_class_name", "DDIMScheduler"}, {"beta_schedule", "scaled_linear"}, {"clip_sample", false}});
    return folder.string();
  }
  Recipe fine_tuning(const std::vector<std::string>& more) const {
    std::vector<std::string> overrides = {"model={stable_diffusion: {folder: " + stable_diffusion() + "}}",
                                          "train.epochs=1"};
    overrides.insert(overrides.end(), more.begin(), more.end());
    return recipe(overrides);
  }
  static NamedTensors tensors(const std::filesystem::path& file) { return read_safetensors(file).tensors; }

  TemporaryFolder folder_;
};

double loss_of(const TrainResult& result, const std::string& column, std::size_t epoch) {
  return value_of(result.epochs.at(epoch), column);
}

TEST_F(GenerationTest, LowersTheLossAndWritesAWholeModel) {
  const TrainResult result = train(recipe({"train.epochs=6"}), run("a"), false);
  EXPECT_LT(loss_of(result, "train/loss", 5), 0.8 * loss_of(result, "train/loss", 0));
  EXPECT_LT(loss_of(result, "val/loss", 5), 0.8 * loss_of(result, "val/loss", 0));
  const auto model = load_diffusion({learnt("a"), ""}, "fp32", "cpu");
  GenerateConfig config{.prompt = "the sea", .steps = 2};
  config.metadata = ImageMetadata{.longitude = 4.4, .latitude = -51.9, .gsd = 10};
  EXPECT_EQ(generate(*model, config).pixels.sizes().vec(), (std::vector<std::int64_t>{3, 8, 8}));
}

double brightness(DiffusionModel& model, const std::string& caption, double latitude) {
  double sum = 0;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    GenerateConfig config{.prompt = caption, .steps = 8, .guidance = 1, .seed = seed};
    config.metadata = ImageMetadata{.longitude = 4.4, .latitude = latitude, .gsd = 10, .cloud_cover = 0.1};
    set_date(*config.metadata, "2020-02-27");
    sum += generate(model, config).pixels.to(torch::kFloat64).mean().item<double>() / 8;
  }
  return sum;
}

// Real ones have means of 49.5 and 199.5.
TEST_F(GenerationTest, MakesWhatCaptionAndMetadataSay) {
  train(recipe({"train.epochs=40", "optimizer.adamw.lr=5e-3", "train.average.decay=0.95", "schedule=cosine"}),
        run("a"), false);
  const auto model = load_diffusion({learnt("a"), ""}, "fp32", "cpu");
  const double sea = brightness(*model, "the sea", -51.9), town = brightness(*model, "a town", 51.9);
  EXPECT_LT(sea, 90);
  EXPECT_GT(town, 160);
  // The place alone, without a caption, says it too.
  EXPECT_GT(brightness(*model, "", 51.9), brightness(*model, "", -51.9) + 60);
}

// Within a scene all places are nearly the same to the network: it is the caption that says what is there.
TEST_F(GenerationTest, MakesWhatTheCaptionSaysWherePlacesAreAlike) {
  std::string list = read_text_file(folder_ / "list.csv");
  for (std::size_t at; (at = list.find(",-51.9,")) != std::string::npos;) list.replace(at, 7, ",51.9,");
  write_file_atomically(folder_ / "list.csv", list);
  train(recipe({"train.epochs=60", "optimizer.adamw.lr=5e-3", "train.average.decay=0.95", "schedule=cosine",
                "model.pixel_diffusion.tokens=3", "model.pixel_diffusion.attention_from=0"}),
        run("a"), false);
  const auto model = load_diffusion({learnt("a"), ""}, "fp32", "cpu");
  const double sea = brightness(*model, "the sea", 51.9), town = brightness(*model, "a town", 51.9);
  EXPECT_LT(sea, 90);
  EXPECT_GT(town, 160);
}

TEST_F(GenerationTest, EndsAlikeHoweverOftenItWasStopped) {
  const std::vector<std::string> more = {"train.average.decay=0.9", "train.clip_norm=1",
                                         "loss.denoising.offset_noise=0.1", "train.accumulate=2"};
  const TrainResult whole = train(recipe(more), run("whole"), false);
  const TrainResult stopped = train_with_stops(recipe(more), run("stopped"), 1);
  ASSERT_EQ(whole.epochs.size(), stopped.epochs.size());
  for (std::size_t i = 0; i < whole.epochs.size(); ++i) {
    EXPECT_EQ(untimed(whole.epochs[i]), untimed(stopped.epochs[i]));
  }
  EXPECT_TRUE(same_tensors(run("whole").last(), run("stopped").last()));
  EXPECT_TRUE(same_tensors(learnt("whole") / "unet/diffusion_pytorch_model.safetensors",
                           learnt("stopped") / "unet/diffusion_pytorch_model.safetensors"));
}

TEST_F(GenerationTest, WritesTheAveragedWeights) {
  train(recipe({"train.average.decay=0.5"}), run("a"), false);
  const NamedTensors last = tensors(run("a").last());
  const NamedTensors unet = tensors(learnt("a") / "unet/diffusion_pytorch_model.safetensors");
  const NamedTensors state = tensors(run("a").state() / "checkpoint.safetensors");
  const auto find = [](const NamedTensors& in, const std::string& name) {
    for (const auto& [each, tensor] : in) {
      if (each == name) return tensor;
    }
    throw std::logic_error("no " + name);
  };
  EXPECT_TRUE(torch::equal(find(unet, "conv_in.weight"), find(last, "unet.conv_in.weight")));
  EXPECT_FALSE(torch::equal(find(unet, "conv_in.weight"), find(state, "model/unet.conv_in.weight")));
}

TEST_F(GenerationTest, LearnsTheSameWithGradientCheckpointing) {
  const TrainResult kept = train(recipe(), run("kept"), false);
  const TrainResult again =
      train(recipe({"model.pixel_diffusion.gradient_checkpointing=true"}), run("again"), false);
  for (std::size_t i = 0; i < 2; ++i) {
    const double expected = loss_of(kept, "train/loss", i);
    EXPECT_NEAR(loss_of(again, "train/loss", i), expected, 1e-3 * expected);
  }
}

TEST_F(GenerationTest, LearnsInBf16) {
  const TrainResult result = train(
      recipe({"train.precision=bf16", "train.epochs=4", "model.pixel_diffusion.gradient_checkpointing=true"}),
      run("a"), false);
  EXPECT_LT(loss_of(result, "train/loss", 3), loss_of(result, "train/loss", 0));
}

TEST_F(GenerationTest, FineTunesAUnet) {
  const std::string sd = stable_diffusion();
  train(fine_tuning({}), run("full"), false);
  const auto before = load_diffusion({sd, ""}, "fp32", "cpu");
  const auto after = load_diffusion({sd, learnt("full") / "unet"}, "fp32", "cpu");
  EXPECT_FALSE(torch::equal(before->denoiser->named_parameters()["conv_in.weight"],
                            after->denoiser->named_parameters()["conv_in.weight"]));
  const Json config = Json::parse(read_text_file(learnt("full") / "unet/config.json"));
  EXPECT_EQ(
      config.at("attention_head_dim"),
      Json::parse(read_text_file(std::filesystem::path(sd) / "unet/config.json")).at("attention_head_dim"));
  // The frozen parts are not this run's.
  for (const auto& [name, tensor] : tensors(run("full").last()))
    EXPECT_TRUE(name.starts_with("unet.")) << name;
}

TEST_F(GenerationTest, FineTunesNewMetadataAlone) {
  const std::string sd = stable_diffusion();
  train(fine_tuning({"model.stable_diffusion.learn=metadata", "model.stable_diffusion.add_metadata=true"}),
        run("metadata"), false);
  for (const auto& [name, tensor] : tensors(run("metadata").last())) {
    EXPECT_TRUE(name.starts_with("metadata_embedding.")) << name;
  }
  const auto before = load_diffusion({sd, ""}, "fp32", "cpu");
  const auto after = load_diffusion({sd, learnt("metadata") / "unet"}, "fp32", "cpu");
  EXPECT_EQ(after->denoiser->config().metadata, 7);
  const auto weights = after->denoiser->named_parameters();
  for (const auto& each : before->denoiser->named_parameters()) {
    EXPECT_TRUE(torch::equal(each.value(), weights[each.key()])) << each.key();
  }
  EXPECT_GT(weights["metadata_embedding.1.linear_2.weight"].abs().max().item<double>(), 0);
}

TEST_F(GenerationTest, FineTunesLowRankChanges) {
  const std::string sd = stable_diffusion();
  const Recipe settings = fine_tuning({"model.stable_diffusion.learn=lora", "model.stable_diffusion.rank=2",
                                       "model.stable_diffusion.alpha=4",
                                       "model.stable_diffusion.targets=[to_q, to_out.0]", "train.epochs=2"});
  train(settings, run("lora"), false);
  const std::filesystem::path file = learnt("lora") / "pytorch_lora_weights.safetensors";
  const std::vector<LoraLayer> layers = read_lora(file);
  ASSERT_FALSE(layers.empty());
  for (const LoraLayer& each : layers) {
    EXPECT_TRUE(each.name.ends_with(".to_q") || each.name.ends_with(".to_out.0")) << each.name;
    EXPECT_EQ(each.down.size(0), 2);
    EXPECT_GT(each.up.abs().max().item<double>(), 0);
  }
  const auto merged = load_diffusion({sd, ""}, "fp32", "cpu");
  merge_lora(*merged->denoiser, file);
  const auto plain = load_diffusion({sd, ""}, "fp32", "cpu");
  EXPECT_FALSE(torch::equal(merged->denoiser->named_parameters()[layers[0].name + ".weight"],
                            plain->denoiser->named_parameters()[layers[0].name + ".weight"]));
  // A stopped run goes on with its changes.
  train_with_stops(settings, run("stopped"), 3);
  EXPECT_TRUE(same_tensors(run("lora").last(), run("stopped").last()));
}

TEST_F(GenerationTest, NamesTheLineOfABadCaption) {
  const auto refused = [&](const std::string& list) {
    write_file_atomically(folder_ / "list.csv", list);
    return message_of<DataError>([&] { train(recipe({"data.split.by=scene"}), run("bad"), false); });
  };
  const std::string header = "image,caption,lon,lat,gsd,cloud,date\n",
                    good = "patch-0.png,sea,1,2,10,0,2020-02-27\n";
  EXPECT_TRUE(has(refused(header + good + good + good + "patch-1.png,sea,200,2,10,0,2020-02-27\n"),
                  {"list.csv, line 5", "longitude", "200"}));
  EXPECT_TRUE(has(refused(header + good + good + "patch-1.png,sea,1,x,10,0,2020-02-27\n" + good),
                  {"list.csv, line 4", "lat: 'x' is no number"}));
  EXPECT_TRUE(has(refused(header + good + good + "patch-1.png,sea,1,2,10,0,2020-02-30\n" + good),
                  {"list.csv, line 4", "2020-2-30"}));
  EXPECT_TRUE(has(refused("image,caption,lon\npatch-0.png,a,1\npatch-1.png,a,1\npatch-2.png,a,1\n"),
                  {"list.csv", "no column lat"}));
  EXPECT_TRUE(
      has(refused("image,text\npatch-0.png,a\npatch-1.png,a\npatch-2.png,a\n"), {"list.csv", "caption"}));
}

TEST_F(GenerationTest, RefusesRecipesThatCannotBe) {
  const auto refused = [&](const std::vector<std::string>& overrides) {
    return message_of<ConfigError>([&] { train(recipe(overrides), run("bad"), false); });
  };
  EXPECT_TRUE(has(refused({"model=unet"}), {"unet", "pixel_diffusion"}));
  EXPECT_TRUE(has(refused({"loss=dice"}), {"dice", "denoising"}));
  EXPECT_TRUE(has(refused({"classes=[{name: land}]"}), {"classes"}));
  EXPECT_TRUE(has(refused({"train.monitor=mean_iuo"}), {"mean_iuo", "loss"}));
  EXPECT_TRUE(has(refused({"model.pixel_diffusion.channels=[10]"}), {"10 is no multiple"}));
}

}  // namespace
}  // namespace nadir
