// Parameters as the studies print them, and as the studies' own frameworks count options that no golden
// covers.
#include <gtest/gtest.h>

#include "nadir/model.h"

namespace nadir {
namespace {

std::shared_ptr<Model> make(const std::string& name, const std::string& options, const ModelShape& shape) {
  return models().make(name, parse_yaml(options, "test"), shape);
}

ParameterCount count(const std::string& name, const std::string& options, std::int64_t classes) {
  return count_parameters(*make(name, options, ModelShape{3, classes}));
}

struct StudyNetwork {
  std::string study;
  std::string name, options;
  ModelShape shape;
  std::int64_t printed;    // the study's total: of Keras with running statistics
  std::int64_t trainable;  // of it
  bool is_keras = false;
};

// The networks of the five studies by the name and options that a recipe gives. Trainable is what is not a
// running statistic while nothing is frozen.
std::vector<StudyNetwork> study_networks() {
  return {
      {"000", "unet", "{encoder: keras.resnet34}", {3, 4}, 24456589, 24439239, true},
      {"000", "unet", "{encoder: keras.densenet169}", {3, 4}, 19520260, 19359876, true},
      {"000", "unet", "{encoder: keras.inception_v3}", {3, 4}, 29933540, 29897124, true},
      {"000", "unet", "{encoder: keras.inception_resnet_v2}", {3, 4}, 62061988, 61999460, true},
      {"000", "keras_classifier", "{encoder: keras.efficientnet_b2}", {3, 4}, 7774198, 7706630, true},
      {"001", "unetpp", "{}", {1, 4}, 9041700, 9041700},
      {"001", "unetpp", "{deep_supervision: true}", {1, 4}, 9042096, 9042096},
      {"002", "unet", "{start: 32}", {3, 8}, 7763272, 7763272},
      {"002", "enet", "{}", {3, 8}, 350076, 350076},
      {"002", "esnet", "{}", {3, 8}, 1658356, 1658356},
      {"002", "deeplabv3", "{encoder: resnet50}", {3, 8}, 39635528, 39635528},
      {"003", "unet", "{encoder: keras.resnet50}", {3, 2}, 24157442, 24121090, true},
      {"003", "attention_unet", "{encoder: keras.resnet50}", {3, 2}, 24536837, 24500357, true},
      {"003", "unet3plus", "{encoder: keras.resnet50}", {3, 2}, 10849706, 10816938, true},
      {"003", "vit_scratch", "{}", {3, 1}, 57455156, 57455149, true},
      {"003", "vit", "{flavour: keras_cv}", {3, 1}, 5524609, 5524609},
      {"003", "keras_classifier", "{encoder: keras.mobilenet_v2}", {3, 1}, 2259265, 2225153, true},
      {"003", "keras_classifier", "{encoder: keras.resnet50v2}", {3, 1}, 23566849, 23521409, true},
      {"004", "unet6", "{}", {3, 6}, 31110086, 31110086},
      {"004", "unet", "{encoder: keras.efficientnet_b0}", {3, 6}, 10116226, 10072226, true},
  };
}

TEST(Counts, AreThoseThatTheStudiesPrint) {
  for (const StudyNetwork& each : study_networks()) {
    const ParameterCount found = count_parameters(*make(each.name, each.options, each.shape));
    const std::string which = "study " + each.study + ": " + each.name + " " + each.options;
    EXPECT_EQ(each.is_keras ? found.keras : found.total, each.printed) << which;
    EXPECT_EQ(found.total, each.trainable) << which;
    EXPECT_EQ(found.trainable, each.trainable) << which;
  }
}

struct FrozenNetwork {
  std::string name, options;
  ModelShape shape;
  std::string frozen;      // the part; "" is all
  std::string trained;     // the part that is free all the same
  std::int64_t trainable;  // as study 003 prints it
};

TEST(Counts, AreThoseOfStudy003WithPartsFrozen) {
  const std::string backbone = "ResNet50_backbone";
  for (const FrozenNetwork& each : std::vector<FrozenNetwork>{
           {"unet", "{encoder: keras.resnet50}", {3, 2}, backbone, "", 15562498},
           {"attention_unet", "{}", {3, 2}, backbone, "", 15941765},
           {"unet3plus", "{}", {3, 2}, backbone, "", 2258346},
           {"vit", "{flavour: keras_cv}", {3, 1}, "", "head", 193},
           {"keras_classifier", "{encoder: keras.mobilenet_v2}", {3, 1}, "", "head", 1281},
           {"keras_classifier", "{encoder: keras.resnet50v2}", {3, 1}, "", "head", 2049},
       }) {
    const auto model = make(each.name, each.options, each.shape);
    set_trainable(*model, each.frozen, false);
    if (!each.trained.empty()) set_trainable(*model, each.trained, true);
    EXPECT_EQ(count_parameters(*model).trainable, each.trainable) << each.name;
  }
}

// Built with the tutorial's Keras code, bnsreenu 228, multi_unet_model.
TEST(Counts, OfTheKerasTutorialsUnetWithOtherLevels) {
  EXPECT_EQ(count("unet6", "{levels: 4}", 6).total, 1941190);
  EXPECT_EQ(count("unet6", "{levels: 5}", 6).total, 7775686);
  EXPECT_EQ(count("unet6", "{levels: 4, start: 64}", 6).total, 31032070);
}

// segmentation_models 1.0.1: Unet(encoder, classes=6), total and trainable.
TEST(Counts, OfKerasUnetsOnOtherEncoders) {
  const ParameterCount resnet34 = count("unet", "{encoder: keras.resnet34}", 6);
  EXPECT_EQ(resnet34.keras, 24456879);
  EXPECT_EQ(resnet34.total, 24439529);
  EXPECT_EQ(count("unet", "{encoder: keras.efficientnet_b1}", 6).keras, 12641894);
  EXPECT_EQ(count("unet", "{encoder: keras.efficientnet_b2}", 6).keras, 14296024);
}

// torchvision and timm with 1000 classes.
TEST(Counts, OfClassifiersAsPublished) {
  EXPECT_EQ(count("mobilenet_v2", "{}", 1000).total, 3504872);
  EXPECT_EQ(count("densenet", "{depth: 169}", 1000).total, 14149480);
  EXPECT_EQ(count("efficientnet", "{variant: lite0}", 1000).total, 4652008);
  EXPECT_EQ(count("resnetv2", "{}", 1000).total, 25549352);
  EXPECT_EQ(count("swin_v2", "{variant: t}", 1000).total, 28351570);
  EXPECT_EQ(count("swin_v2", "{variant: s}", 1000).total, 49737442);
  EXPECT_EQ(count("swin_v2", "{}", 1000).total, 87930848);
}

// segmentation_models.pytorch 0.6.0 with 8 classes: encoders and sizes that no golden covers.
TEST(Counts, OfEncodersAndDecodersAsSegmentationModelsPytorchCountsThem) {
  const auto total = [](const std::string& name, const std::string& encoder) {
    return count(name, "{encoder: " + encoder + "}", 8).total;
  };
  EXPECT_EQ(total("unet", "resnet18"), 14329224);
  EXPECT_EQ(total("unet", "resnet101"), 51514248);
  EXPECT_EQ(total("unet", "densenet169"), 21203656);
  EXPECT_EQ(total("unet", "efficientnet_b0"), 5835716);
  EXPECT_EQ(total("unet", "efficientnet_b1"), 8341352);
  EXPECT_EQ(total("unet", "efficientnet_b2"), 9544266);
  EXPECT_EQ(total("unet", "efficientnet_b3"), 12562544);
  EXPECT_EQ(total("unetpp", "resnet50"), 48986760);
  EXPECT_EQ(total("deeplabv3", "resnet101"), 58627656);
  EXPECT_EQ(total("deeplabv3plus", "resnet50"), 26679384);
  EXPECT_EQ(total("fpn", "resnet50"), 26116936);
  EXPECT_EQ(total("segformer", "mit_b0"), 3716200);
  EXPECT_EQ(total("segformer", "mit_b1"), 13679304);
  EXPECT_EQ(total("segformer", "mit_b2"), 24724168);
}

}  // namespace
}  // namespace nadir
