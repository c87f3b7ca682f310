// nadir generate and nadir score, run as a user runs them, on a model that the tests make.
#include "diffusers_folder.h"
#include "models/encoders/encoder.h"
#include "pictures/picture.h"
#include "program.h"

namespace nadir {
namespace {

class GenerateProgram : public DiffusersFolder {
 protected:
  Outcome run(const std::string& arguments) const {
    return run_nadir("generate --device cpu --steps 2 --model " + folder_.path().string() + " -o " + out() +
                     " " + arguments);
  }
  std::string out() const { return (folder_.path() / "out").string(); }
  bool made(const std::string& file) const { return std::filesystem::exists(folder_.path() / "out" / file); }
};

TEST_F(GenerateProgram, MakesAPictureItsLatentsAndItsSettings) {
  const Outcome outcome = run("\"a b c\" --seed 7");
  ASSERT_EQ(outcome.code, 0) << outcome.errors;
  EXPECT_EQ(outcome.output, out() + "/image-7.png\n");
  EXPECT_TRUE(made("image-7.png") && made("image-7.json") && made("image-7.safetensors"));
  const Outcome less = run("\"a b c\" --seed 7 --low-memory");
  ASSERT_EQ(less.code, 0) << less.errors;
}

TEST_F(GenerateProgram, SweepsTwoSettingsIntoALabelledGrid) {
  const Outcome outcome = run("\"a b c\" --sweep steps=1,2 --sweep guidance=1,5,7.5");
  ASSERT_EQ(outcome.code, 0) << outcome.errors;
  EXPECT_TRUE(made("image-steps-1-guidance-7.5.png") && made("image-steps-2-guidance-1.png"));
  // 16 pixels are enlarged 12 times, 11 lines of label, gaps of 4.
  const PictureInfo grid = read_picture_info(folder_.path() / "out" / "grid.png");
  EXPECT_EQ(grid.width, 3 * (192 + 4) + 4);
  EXPECT_EQ(grid.height, 2 * (192 + 11 + 4) + 4);
}

TEST_F(GenerateProgram, GoesThroughAListAndOnWhereItStopped) {
  write_file_atomically(folder_ / "points.csv",
                        "name,prompt,lon,lat,gsd,date,seed\n"
                        "one,a b,4.4,51.9,0.5,2020-02-27,1\n"
                        "two,c d,-70,-33,10,2021-03-04,2\n");
  const std::string arguments =
      "--prompts " + (folder_ / "points.csv").string() + " --unet " + metadata_unet().string();
  const Outcome first = run(arguments);
  ASSERT_EQ(first.code, 0) << first.errors;
  EXPECT_EQ(first.output, out() + "/one.tif\n" + out() + "/two.tif\n");
  const RasterInfo info = RasterReader(out() + "/two.tif").info();
  EXPECT_NE(info.geo.crs.find("UTM zone 19S"), std::string::npos);
  EXPECT_EQ(info.geo.transform->at(1), 10);
  std::filesystem::remove(folder_.path() / "out" / "two.tif");
  const Outcome again = run(arguments);
  EXPECT_EQ(again.output, out() + "/two.tif\n");
  EXPECT_NE(again.errors.find("1 image of 2 were there already"), std::string::npos) << again.errors;
  const Outcome other = run(arguments + " --guidance 3 --format png");
  EXPECT_EQ(other.output, out() + "/one.png\n" + out() + "/two.png\n");
}

TEST_F(GenerateProgram, BeginsWithAPictureAndAMask) {
  const torch::Tensor picture = golden::labels("start", {21, 17, 3}, 256).to(torch::kUInt8);
  torch::Tensor mask = torch::zeros({21, 17, 3}, torch::kUInt8);
  mask.slice(0, 10).fill_(255);
  write_file_atomically(folder_ / "start.png", encode_plain_png(picture));
  write_file_atomically(folder_ / "mask.png", encode_plain_png(mask));
  const std::string image = "--image " + (folder_ / "start.png").string();
  Outcome outcome = run("\"a b\" --strength 0.6 " + image);
  ASSERT_EQ(outcome.code, 0) << outcome.errors;
  EXPECT_EQ(read_picture_info(folder_.path() / "out" / "image-0.png").height, 20);  // a multiple of 2
  outcome = run("\"a b\" --seed 1 " + image + " --mask " + (folder_ / "mask.png").string());
  ASSERT_EQ(outcome.code, 0) << outcome.errors;
  EXPECT_TRUE(made("image-1.png"));
}

TEST_F(GenerateProgram, TellsWhatIsWrongBeforeItWorks) {
  EXPECT_NE(run("").errors.find("give a prompt"), std::string::npos);
  EXPECT_NE(run("\"a\" --format tif").errors.find("wants a place"), std::string::npos);
  EXPECT_NE(run("\"a\" --sweep steps").errors.find("setting=value"), std::string::npos);
  EXPECT_NE(
      run("\"a\" --lon 3 --unet " + metadata_unet().string()).errors.find("latitude, ground sample distance"),
      std::string::npos);
  EXPECT_NE(run("\"a\" --lon 3").errors.find("without metadata"), std::string::npos);
  write_file_atomically(folder_ / "points.csv", "prompt,lat\na,99\n");
  const Outcome outcome = run("--prompts " + (folder_ / "points.csv").string());
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.errors.find("line 2: latitude: 99"), std::string::npos) << outcome.errors;
}

TEST(ScoreProgram, ComparesTwoFolders) {
  const TemporaryFolder folder;
  for (int i = 0; i < 6; ++i) {
    const torch::Tensor picture = golden::labels("picture " + std::to_string(i), {32, 32, 3}, 256);
    const std::string name = (i < 3 ? "a/" : "b/") + std::to_string(i) + ".png";
    write_file_atomically(folder.path() / name, encode_plain_png(picture.to(torch::kUInt8)));
  }
  torch::manual_seed(1);
  write_weights(folder / "resnet18.safetensors", named_state(*make_encoder("resnet18", {})));
  const std::string both = (folder / "a").string() + " " + (folder / "b").string();
  const std::string options = " --device cpu --size 32 --json --encoder resnet18 --weights " +
                              (folder / "resnet18.safetensors").string();
  const Outcome outcome = run_nadir("score " + both + options);
  ASSERT_EQ(outcome.code, 0) << outcome.errors;
  const Json scores = Json::parse(outcome.output);
  EXPECT_GT(scores.at("frechet_distance").get<double>(), 0);
  EXPECT_EQ(scores.at("images"), (Json{3, 3}));
  EXPECT_EQ(scores.at("features"), 512);
  EXPECT_NE(outcome.errors.find("no more images (3) than features"), std::string::npos);
  const Outcome same =
      run_nadir("score " + (folder / "a").string() + " " + (folder / "a").string() + options);
  EXPECT_NEAR(Json::parse(same.output).at("frechet_distance").get<double>(), 0, 1e-6);
}

}  // namespace
}  // namespace nadir
