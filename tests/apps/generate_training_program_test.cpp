// From a scene or a list of pictures to generated ones: nadir data patches, train, generate and data index,
// run as a user runs them.
#include "diffusers_folder.h"
#include "nadir/generate.h"
#include "pictures/picture.h"
#include "program.h"

namespace nadir {
namespace {

std::string quoted(const std::filesystem::path& path) { return "'" + path.string() + "'"; }

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const char* const kPatches =
    " --size 32 --stride 32 --index mndwi --bands green=2 swir1=5 --captions land water \"\" --date "
    "2000-01-01 ";

TEST(GenerationProgram, LearnsASceneAndMakesPatchesOfIt) {
  const TemporaryFolder folder;
  const std::filesystem::path list = folder / "patches.csv", run = folder / "run", out = folder / "out";
  const Outcome listed = run_nadir("data patches " + scene() + kPatches + "--most 6 -o " + quoted(list));
  ASSERT_EQ(listed.code, 0) << listed.errors;
  EXPECT_TRUE(has(listed.output, "land 6 patches, 0.0") && has(listed.output, "water 6 patches, 0.9"))
      << listed.output;
  write_file_atomically(folder / "tiny.yaml",
                        "task: generation\n"
                        "data:\n"
                        "  source: {captions: {file: patches.csv, bands: [5, 4, 2]}}\n"
                        "  split: {train: 1, val: 0, test: 0, by: scene}\n"
                        "  sampler: whole\n"
                        "model: {pixel_diffusion: {channels: [8, 8], heads: 2, groups: 4, text_channels: 8,\n"
                        "                          tokens: 3, timesteps: 50}}\n"
                        "loss: denoising\n"
                        "optimizer: {adamw: {lr: 1e-3}}\n"
                        "train: {epochs: 2, batch_size: 4, device: cpu}\n"
                        "track: {tensorboard: false}\n");
  const Outcome trained = run_nadir("train " + quoted(folder / "tiny.yaml") +
                                    " data.source.captions.file=" + quoted(list) + " -o " + quoted(run));
  ASSERT_EQ(trained.code, 0) << trained.errors;
  const Outcome made = run_nadir("generate water --device cpu --steps 2 --guidance 1 --count 2 --lon -34.8 " +
                                 std::string("--lat -8 --gsd 28.5 --date 2000-01-01 --model ") +
                                 quoted(run / "diffusers") + " -o " + quoted(out));
  ASSERT_EQ(made.code, 0) << made.errors;
  EXPECT_EQ(read_picture_info(out / "image-1.png").width, 32);
  const Outcome share = run_nadir("data index " + quoted(out) +
                                  "/image-*.png --index mndwi --bands swir1=1 green=3 --threshold 0");
  ASSERT_EQ(share.code, 0) << share.errors;
  EXPECT_TRUE(has(share.output, "2 images, water: ")) << share.output;
}

TEST(GenerationProgram, SaysWhatItCannotListOrScore) {
  const TemporaryFolder folder;
  const std::string out = " -o " + quoted(folder / "patches.csv");
  EXPECT_TRUE(has(run_nadir("data patches " + scene() + " --bands green=2 --date 2000-01-01" + out).errors,
                  "needs the band 'swir1'"));
  EXPECT_TRUE(
      has(run_nadir("data patches " + scene() + " --bands green=2 swir1=5 --date 2000-01-01 --size 999" + out)
              .errors,
          "has no patch"));
  EXPECT_TRUE(has(run_nadir("data patches " + scene() + " --date yesterday" + out).errors, "2020-02-27"));
  EXPECT_FALSE(std::filesystem::exists(folder / "patches.csv"));
  const std::string bands = " --bands green=2 swir1=5 ";
  EXPECT_TRUE(has(run_nadir("data index " + scene() + bands).errors, "name an output"));
  EXPECT_TRUE(
      has(run_nadir("data index " + scene() + " " + scene() + bands + "-o mask.tif").errors, "one raster"));
}

using LowRankProgram = DiffusersFolder;

TEST_F(LowRankProgram, LearnsChangesThatGenerateTakes) {
  const auto file = [&](const std::string& name) { return folder_ / name; };
  std::string list = "image,caption\n";
  for (int i = 0; i < 4; ++i) {
    const std::string name = "picture-" + std::to_string(i) + ".png";
    write_file_atomically(file(name),
                          encode_plain_png(golden::labels(name, {16, 16, 3}, 256).to(torch::kUInt8)));
    list += name + ",a b\n";
  }
  write_file_atomically(file("list.csv"), list);
  write_file_atomically(file("lora.yaml"),
                        "task: generation\n"
                        "data:\n"
                        "  source: {captions: {file: list.csv}}\n"
                        "  split: {train: 1, val: 0, test: 0, by: scene}\n"
                        "  sampler: whole\n"
                        "model: {stable_diffusion: {folder: sd, learn: lora, rank: 2}}\n"
                        "loss: {denoising: {min_snr_gamma: 5}}\n"
                        "optimizer: {adamw: {lr: 0.1}}\n"
                        "train: {epochs: 2, batch_size: 2, device: cpu}\n"
                        "track: {tensorboard: false}\n");
  const Outcome trained = run_nadir(
      "train " + quoted(file("lora.yaml")) + " data.source.captions.file=" + quoted(file("list.csv")) +
      " model.stable_diffusion.folder=" + quoted(folder_.path()) + " -o " + quoted(file("run")));
  ASSERT_EQ(trained.code, 0) << trained.errors;
  const auto picture = [&](const std::string& name, const std::string& options) {
    const Outcome made = run_nadir("generate \"a b\" --device cpu --steps 2 --model " +
                                   quoted(folder_.path()) + options + " -o " + quoted(file(name)));
    EXPECT_EQ(made.code, 0) << made.errors;
    return read_text_file(file(name) / "image-0.png");
  };
  const std::string lora = " --lora " + quoted(file("run") / "diffusers/pytorch_lora_weights.safetensors");
  const std::string plain = picture("plain", "");
  EXPECT_NE(picture("changed", lora), plain);
  EXPECT_EQ(picture("none", lora + " --lora-strength 0"), plain);
}

}  // namespace
}  // namespace nadir
