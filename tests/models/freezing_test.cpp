// Freezing by layer index, as study 003 does it.
#include <gtest/gtest.h>

#include "models/freezing.h"

namespace nadir {
namespace {

constexpr const char* kBackbone = "ResNet50_backbone";

std::shared_ptr<Model> study003(const std::string& name) {
  return models().make(name, parse_yaml(name == "unet" ? "{encoder: keras.resnet50}" : "{}", "test"), {3, 2});
}

// architectures.md, section 11: frozen, and with `layers[100:]` unfrozen; counts of Keras's model.summary().
TEST(Freezing, LeavesTrainableWhatStudy003Prints) {
  struct Expected {
    const char* name;
    std::int64_t frozen, from_100;
  };
  for (const Expected& each :
       {Expected{"unet", 15562498, 20039426}, Expected{"attention_unet", 15941765, 20418693},
        Expected{"unet3plus", 2258346, 6735274}}) {
    const auto model = study003(each.name);
    set_trainable(*model, kBackbone, false);
    EXPECT_EQ(count_parameters(*model).trainable, each.frozen) << each.name;
    set_trainable_from(*model, kBackbone, 100);
    EXPECT_EQ(count_parameters(*model).trainable, each.from_100) << each.name;
  }
}

// keras.applications.ResNet50, cut at conv4_block6_out: 143 layers; block 1 of a stage interleaves its two
// paths.
TEST(Freezing, CountsLayersAsKerasDoes) {
  const auto layers = layers_of(*study003("unet"), kBackbone);
  ASSERT_EQ(layers.size(), 143U);
  const auto at = [&](std::size_t i) {
    return layers[i].empty() ? "" : layers[i].substr(std::string(kBackbone).size() + 1);
  };
  EXPECT_EQ(at(0), "");  // the input
  EXPECT_EQ(at(1), "");  // conv1_pad
  EXPECT_EQ(at(2), "conv1_conv");
  EXPECT_EQ(at(3), "conv1_bn");
  const std::vector<std::string> block = {"1_conv", "1_bn",   "",     "2_conv", "2_bn", "",
                                          "0_conv", "3_conv", "0_bn", "3_bn",   "",     ""};
  for (std::size_t i = 0; i < block.size(); ++i)
    EXPECT_EQ(at(7 + i), block[i].empty() ? "" : "conv2_block1_" + block[i]) << i;
  EXPECT_EQ(at(99), "conv4_block2_3_conv");
  EXPECT_EQ(at(100), "conv4_block2_3_bn");
  EXPECT_EQ(at(140), "conv4_block6_3_bn");
}

TEST(Freezing, CountsModulesWithParametersOfOtherNetworks) {
  const auto model = models().make("unet", parse_yaml("{start: 4}", "test"), {3, 2});
  EXPECT_EQ(layers_of(*model, "inc"), (std::vector<std::string>{"inc.cn1", "inc.bn1", "inc.cn2", "inc.bn2"}));
  set_trainable_from(*model, "inc", 3);
  model->train();
  const auto modules = model->named_modules();
  EXPECT_FALSE(modules["inc.bn1"]->is_training());  // runs on its running statistics
  EXPECT_TRUE(modules["inc.bn2"]->is_training());
}

TEST(Freezing, NamesPartsAndLayersThatAreNotThere) {
  const auto model = models().make("unet", parse_yaml("{start: 4}", "test"), {3, 2});
  EXPECT_THROW(set_trainable_from(*model, "encoder", 0), ModelError);
  EXPECT_THROW(set_trainable_from(*model, "inc", 4), ModelError);
  EXPECT_THROW(set_trainable_from(*model, "inc", -1), ModelError);
}

}  // namespace
}  // namespace nadir
