// Parameters of options that no golden covers, as the studies' own frameworks count them.
#include <gtest/gtest.h>

#include "nadir/model.h"

namespace nadir {
namespace {

ParameterCount count(const std::string& name, const std::string& options, std::int64_t classes) {
  return count_parameters(*models().make(name, parse_yaml(options, "test"), ModelShape{3, classes}));
}

// Built with the tutorial's Keras code, bnsreenu 228, multi_unet_model.
TEST(Counts, OfTheKerasTutorialsUnetWithOtherLevels) {
  EXPECT_EQ(count("unet6", "{levels: 4}", 6).total, 1941190);
  EXPECT_EQ(count("unet6", "{levels: 5}", 6).total, 7775686);
  EXPECT_EQ(count("unet6", "{levels: 4, start: 64}", 6).total, 31032070);
}

// segmentation_models 1.0.1: Unet(encoder, classes=6), total and trainable.
TEST(Counts, OfKerasUnetsOnOtherEncoders) {
  const auto expect = [](const std::string& encoder, std::int64_t total, std::int64_t trainable) {
    const ParameterCount found = count("unet", "{encoder: keras." + encoder + "}", 6);
    EXPECT_EQ(found.keras, total) << encoder;
    EXPECT_EQ(found.total, trainable) << encoder;
  };
  expect("efficientnet_b0", 10116226, 10072226);
  expect("resnet34", 24456879, 24439529);
  EXPECT_EQ(count("unet", "{encoder: keras.efficientnet_b1}", 6).keras, 12641894);
  EXPECT_EQ(count("unet", "{encoder: keras.efficientnet_b2}", 6).keras, 14296024);
}

// torchvision and timm with 1000 classes.
TEST(Counts, OfClassifiersAsPublished) {
  EXPECT_EQ(count("mobilenet_v2", "{}", 1000).total, 3504872);
  EXPECT_EQ(count("densenet", "{depth: 169}", 1000).total, 14149480);
  EXPECT_EQ(count("resnetv2", "{}", 1000).total, 25549352);
}

// Study 003, while the backbone is frozen.
TEST(Counts, OfTheStudysUnetWithItsBackboneFrozen) {
  const auto model = models().make("unet", parse_yaml("{encoder: keras.resnet50}", "test"), ModelShape{3, 2});
  set_trainable(*model, "ResNet50_backbone", false);
  const ParameterCount found = count_parameters(*model);
  EXPECT_EQ(found.keras, 24157442);
  EXPECT_EQ(found.trainable, 15562498);
}

}  // namespace
}  // namespace nadir
