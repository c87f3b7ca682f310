// `nadir explain` and `nadir data preview --patches`, the real program on the real scene.
#include <gtest/gtest.h>

#include "apps/model_file.h"
#include "apps/program.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

RasterInfo picture(const fs::path& file) { return RasterReader(file.string()).info(); }

TEST(ExplainProgram, DrawsWhereEachKindOfNetworkLooks) {
  const TemporaryFolder folder;
  const std::string part = " " + scene() + " --window 60,10,64,64 -o ";
  const std::string vit = write_model(folder, "vit", "image_size: [64, 64], depth: 2", Task::kClassification);
  const std::string out = (folder / "out.png").string();
  const Outcome rolled = run_nadir("explain " + vit + part + out);
  ASSERT_EQ(rolled.code, 0) << rolled.errors;
  EXPECT_NE(rolled.output.find("attention rollout (probability of "), std::string::npos) << rolled.output;
  // Two images of 256 pixels, gaps, the scale; the caption below.
  EXPECT_EQ(picture(out).width, 2 * 256 + 2 * 6 + 14 + 44);
  EXPECT_EQ(picture(out).height, 256 + 11);
  const std::string first = read_text_file(out);
  ASSERT_EQ(run_nadir("explain " + vit + part + out).code, 0);
  EXPECT_EQ(read_text_file(out), first);

  const std::string unet = write_model(folder, "unet", "start: 4");
  const Outcome mapped = run_nadir("explain " + unet + part + out + " --class water");
  ASSERT_EQ(mapped.code, 0) << mapped.errors;
  EXPECT_NE(mapped.output.find("Grad-CAM of water (its probability "), std::string::npos) << mapped.output;
}

TEST(ExplainProgram, MakesAFolderOfSeveralImages) {
  const TemporaryFolder folder;
  const std::string model = write_model(folder, "mobilenet_v2", "", Task::kClassification);
  fs::copy(scene(), folder / "a.tif");
  fs::copy(scene(), folder / "b.tif");
  const Outcome made = run_nadir("explain " + model + " " + (folder / "a.tif").string() + " " +
                                 (folder / "b.tif").string() + " -o " + (folder / "made").string());
  ASSERT_EQ(made.code, 0) << made.errors;
  EXPECT_TRUE(fs::exists(folder / "made" / "a_explained.png"));
  EXPECT_TRUE(fs::exists(folder / "made" / "b_explained.png"));
}

TEST(ExplainProgram, SaysWhatItCannotExplain) {
  const TemporaryFolder folder;
  const std::string vit = write_model(folder, "vit", "image_size: [64, 64], depth: 1", Task::kClassification);
  const std::string unet = write_model(folder, "unet", "start: 2");
  const std::string to = " -o " + (folder / "x.png").string();
  const auto error = [&](const std::string& arguments) {
    const Outcome outcome = run_nadir("explain " + arguments + to);
    EXPECT_EQ(outcome.code, 1) << arguments;
    return outcome.errors;
  };
  const auto has = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  EXPECT_TRUE(has(error(vit + " " + scene() + " --class water"), "the same for every class"));
  EXPECT_TRUE(has(error(unet + " " + scene() + " --class watr"), "water"));
  EXPECT_TRUE(has(error(unet + " " + scene() + " --window 300,0,64,64"), "reaches outside"));
  EXPECT_TRUE(has(error(unet + " " + (folder / "none.tif").string()), "none.tif"));
  EXPECT_FALSE(fs::exists(folder / "x.png"));
}

TEST(PreviewProgram, CutsSamplesIntoPatches) {
  const TemporaryFolder folder;
  const std::string recipe = make_water_recipe(folder), out = (folder / "patches.png").string();
  const Outcome drawn = run_nadir("data preview " + recipe + " --patches 8 --count 1 -o " + out);
  ASSERT_EQ(drawn.code, 0) << drawn.errors;
  EXPECT_NE(drawn.output.find("32 x 32 pixels in 4 x 4 = 16 patches of 8 x 8, each 192 numbers"),
            std::string::npos)
      << drawn.output;
  // Four patches, each drawn with 16 pixels and a gap of 2, in the sheet's frame of 6.
  EXPECT_EQ(picture(out).width, 4 * 18 + 12);
  const Outcome odd = run_nadir("data preview " + recipe + " --patches 5 -o " + out);
  EXPECT_EQ(odd.code, 1);
  EXPECT_NE(odd.errors.find("both must be multiples"), std::string::npos) << odd.errors;
}

}  // namespace
}  // namespace nadir
