// nadir convert, on files that PyTorch and Keras wrote (tests/data/weights).
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "apps/program.h"

namespace nadir {
namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
std::string data(const std::string& name) { return std::string(NADIR_TEST_DATA) + "/weights/" + name; }

TEST(ConvertTest, CheckpointsBecomePlainStateDicts) {
  const TemporaryFolder folder;
  const std::string plain = (folder / "x.safetensors").string(), back = (folder / "x.pth").string();
  const Outcome there = run_nadir("convert " + data("checkpoint.pth") + " -o " + plain);
  ASSERT_EQ(there.code, 0) << there.errors;
  EXPECT_TRUE(has(there.errors, "took 'state_dict', removed 'module.'")) << there.errors;
  ASSERT_EQ(run_nadir("convert " + plain + " -o " + back).code, 0);
  const PlainWeights first = read_weights(plain), second = read_weights(back);
  ASSERT_EQ(first.tensors.size(), 7U);
  for (std::size_t i = 0; i < first.tensors.size(); ++i) {
    EXPECT_EQ(first.tensors[i].first, second.tensors[i].first);
    EXPECT_TRUE(torch::equal(first.tensors[i].second, second.tensors[i].second));
  }
}

TEST(ConvertTest, GoesThroughANetworkThatChecksNamesAndShapes) {
  const TemporaryFolder folder;
  const auto model = models().make("unet", parse_yaml("{start: 2}", "test"), {.bands = 3, .classes = 4});
  NamedTensors tensors;
  for (const auto& [name, tensor] : named_state(*model)) tensors.emplace_back("module." + name, tensor);
  write_weights(folder / "in.pth", tensors);
  const std::string in = (folder / "in.pth").string(), out = (folder / "out.safetensors").string();
  const std::string command = "convert " + in + " -o " + out + " --model unet start=2 --bands 3 --json";

  const Outcome wrong = run_nadir(command + " --classes 2");
  EXPECT_EQ(wrong.code, 1);
  EXPECT_TRUE(has(wrong.errors, "2 of another shape: outc.weight (4x2x1x1 instead of 2x2x1x1)"))
      << wrong.errors;
  EXPECT_FALSE(std::filesystem::exists(out));

  const Outcome partial = run_nadir(command + " --classes 2 --partial");
  ASSERT_EQ(partial.code, 0) << partial.errors;
  EXPECT_EQ(nlohmann::json::parse(partial.output)["of_another_shape"].size(), 2U);

  ASSERT_EQ(run_nadir(command + " --classes 4").code, 0);
  EXPECT_TRUE(torch::equal(read_weights(out).tensors.back().second, tensors.back().second));
}

TEST(ConvertTest, BadFilesAndUsageAreSaid) {
  const TemporaryFolder folder;
  const std::string out = (folder / "out.safetensors").string();
  const Outcome picture = run_nadir("convert " + scene() + " -o " + out);
  EXPECT_EQ(picture.code, 1);
  EXPECT_TRUE(has(picture.errors, "no file of weights that nadir reads")) << picture.errors;
  EXPECT_TRUE(has(run_nadir("convert " + data("types.pth") + " -o x.npz").errors, ".safetensors, .pth"))
      << "suffix";
  EXPECT_EQ(run_nadir("convert " + data("types.pth") + " -o " + out + " --partial").code, 2);
}

}  // namespace
}  // namespace nadir
