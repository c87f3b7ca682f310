#include "models/imagenet_weights.h"

#include <array>

#include "core/text.h"
#include "nadir/error.h"

namespace nadir {
namespace {

struct Published {
  const char* network;
  const char* url;
};

// Names carry the first digits of the file's SHA-256. Of torchvision's several files those of its first
// recipes (IMAGENET1K_V1), which segmentation_models.pytorch takes too. EfficientNets are timm's, as their
// names are.
constexpr std::array<Published, 17> kPublished = {{
    {"resnet18", "https://download.pytorch.org/models/resnet18-f37072fd.pth"},
    {"resnet34", "https://download.pytorch.org/models/resnet34-b627a593.pth"},
    {"resnet50", "https://download.pytorch.org/models/resnet50-0676ba61.pth"},
    {"resnet101", "https://download.pytorch.org/models/resnet101-63fe2227.pth"},
    {"densenet121", "https://download.pytorch.org/models/densenet121-a639ec97.pth"},
    {"densenet169", "https://download.pytorch.org/models/densenet169-b2777c0a.pth"},
    {"mobilenet_v2", "https://download.pytorch.org/models/mobilenet_v2-b0353104.pth"},
    {"inception_v3", "https://download.pytorch.org/models/inception_v3_google-0cc3c7bd.pth"},
    {"swin_v2_t", "https://download.pytorch.org/models/swin_v2_t-b137f0e2.pth"},
    {"swin_v2_s", "https://download.pytorch.org/models/swin_v2_s-637d8ceb.pth"},
    {"swin_v2_b", "https://download.pytorch.org/models/swin_v2_b-781e5279.pth"},
    {"efficientnet_b0",
     "https://github.com/rwightman/pytorch-image-models/releases/download/v0.1-weights/"
     "efficientnet_b0_ra-3dd342df.pth"},
    {"efficientnet_b1",
     "https://github.com/rwightman/pytorch-image-models/releases/download/v0.1-weights/"
     "efficientnet_b1-533bc792.pth"},
    {"efficientnet_b2",
     "https://github.com/rwightman/pytorch-image-models/releases/download/v0.1-weights/"
     "efficientnet_b2_ra-bcdf34b7.pth"},
    {"efficientnet_b3",
     "https://github.com/rwightman/pytorch-image-models/releases/download/v0.1-weights/"
     "efficientnet_b3_ra2-cf984f9c.pth"},
    {"efficientnet_b4",
     "https://github.com/rwightman/pytorch-image-models/releases/download/v0.1-weights/"
     "efficientnet_b4_ra2_320-7eb33cd5.pth"},
    {"efficientnet_lite0",
     "https://github.com/rwightman/pytorch-image-models/releases/download/v0.1-weights/"
     "tf_efficientnet_lite0-0aa007d2.pth"},
}};

}  // namespace

std::string imagenet_url(const std::string& network) {
  for (const Published& each : kPublished) {
    if (network == each.network) return each.url;
  }
  throw ConfigError("there are no ImageNet weights of '" + network + "' to fetch, only of " +
                    join_words(imagenet_networks()) + "; give a file instead, as weights: FILE");
}

std::vector<std::string> imagenet_networks() {
  std::vector<std::string> names;
  for (const Published& each : kPublished) names.emplace_back(each.network);
  return names;
}

}  // namespace nadir
