#include "models/encoders/encoder.h"

#include "models/encoders/densenet.h"
#include "models/encoders/efficientnet.h"
#include "models/encoders/inception_v3.h"
#include "models/encoders/mix_transformer.h"
#include "models/encoders/mobilenet_v2.h"
#include "models/encoders/resnet.h"
#include "models/encoders/resnetv2.h"
#include "models/encoders/swin_v2.h"
#include "models/encoders/vit_pyramid.h"
#include "nadir/config.h"

namespace nadir {
namespace {

using Made = std::shared_ptr<Encoder>;
using Shape = EncoderShape;

enum Can : unsigned { kNothing = 0, kHalf = 1, kDilate = 2 };

struct Item {
  std::string name;
  unsigned can;
  std::function<Made(const Shape&)> make;
};

constexpr ResnetBlock kBasic = ResnetBlock::kBasic, kBottleneck = ResnetBlock::kBottleneck;

// Every encoder, one line each.
const std::vector<Item>& items() {
  // clang-format off: one line each
  static const std::vector<Item> list = {
      {"resnet18", kHalf | kDilate,
       [](const Shape& s) {
         return make_resnet({2, 2, 2, 2}, kBasic, s);
       }},
      {"resnet34", kHalf | kDilate,
       [](const Shape& s) {
         return make_resnet({3, 4, 6, 3}, kBasic, s);
       }},
      {"resnet50", kHalf | kDilate,
       [](const Shape& s) {
         return make_resnet({3, 4, 6, 3}, kBottleneck, s);
       }},
      {"resnet101", kHalf | kDilate,
       [](const Shape& s) {
         return make_resnet({3, 4, 23, 3}, kBottleneck, s);
       }},
      {"resnet50_v2", kHalf | kDilate, [](const Shape& s) { return make_resnetv2_encoder(50, s); }},
      {"densenet121", kHalf, [](const Shape& s) { return make_densenet_encoder(121, s); }},
      {"densenet169", kHalf, [](const Shape& s) { return make_densenet_encoder(169, s); }},
      {"efficientnet_b0", kHalf | kDilate, [](const Shape& s) { return make_efficientnet_encoder("b0", s); }},
      {"efficientnet_b1", kHalf | kDilate, [](const Shape& s) { return make_efficientnet_encoder("b1", s); }},
      {"efficientnet_b2", kHalf | kDilate, [](const Shape& s) { return make_efficientnet_encoder("b2", s); }},
      {"efficientnet_b3", kHalf | kDilate, [](const Shape& s) { return make_efficientnet_encoder("b3", s); }},
      {"efficientnet_b4", kHalf | kDilate, [](const Shape& s) { return make_efficientnet_encoder("b4", s); }},
      {"efficientnet_lite0", kHalf | kDilate,
       [](const Shape& s) { return make_efficientnet_encoder("lite0", s); }},
      {"mobilenet_v2", kHalf | kDilate, make_mobilenet_v2_encoder},
      {"inception_v3", kHalf, make_inception_v3},
      {"vit_tiny", kNothing, [](const Shape& s) { return make_vit_pyramid({.width = 192, .heads = 3}, s); }},
      {"vit_small", kNothing, [](const Shape& s) { return make_vit_pyramid({.width = 384, .heads = 6}, s); }},
      {"vit_base", kNothing, [](const Shape& s) { return make_vit_pyramid({.width = 768, .heads = 12}, s); }},
      {"mit_b0", kNothing,
       [](const Shape& s) {
         return make_mix_transformer({2, 2, 2, 2}, 32, s);
       }},
      {"mit_b1", kNothing,
       [](const Shape& s) {
         return make_mix_transformer({2, 2, 2, 2}, 64, s);
       }},
      {"mit_b2", kNothing,
       [](const Shape& s) {
         return make_mix_transformer({3, 4, 6, 3}, 64, s);
       }},
      {"swin_v2_t", kNothing, [](const Shape& s) { return make_swin_v2_encoder("t", s); }},
      {"swin_v2_s", kNothing, [](const Shape& s) { return make_swin_v2_encoder("s", s); }},
      {"swin_v2_b", kNothing, [](const Shape& s) { return make_swin_v2_encoder("b", s); }},
  };
  // clang-format on
  return list;
}

unsigned needed(EncoderNeed need) {
  switch (need) {
    case EncoderNeed::kNone:
      return kNothing;
    case EncoderNeed::kHalfMap:
      return kHalf;
    case EncoderNeed::kDilation:
      return kDilate;
  }
  throw std::logic_error("an encoder's need of no kind");
}

const Item* find(const std::string& name) {
  for (const Item& each : items()) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& each : names) text += (text.empty() ? "" : ", ") + each;
  return text;
}

}  // namespace

std::shared_ptr<Encoder> make_encoder(const std::string& name, const EncoderShape& shape) {
  const Item* item = find(name);
  if (item == nullptr) throw_unknown_name("encoder", name, encoder_names(), {});
  return item->make(shape);
}

std::vector<std::string> encoder_names(EncoderNeed need) {
  std::vector<std::string> names;
  for (const Item& each : items()) {
    if ((each.can & needed(need)) == needed(need)) names.push_back(each.name);
  }
  return names;
}

void check_encoder(const std::string& network, const std::string& name, EncoderNeed need,
                   const std::vector<std::string>& others) {
  if (std::find(others.begin(), others.end(), name) != others.end()) return;
  std::vector<std::string> fitting = others;
  for (const std::string& each : encoder_names(need)) fitting.push_back(each);
  const Item* item = find(name);
  if (item == nullptr) throw_unknown_name("encoder", name, fitting, {});
  if ((item->can & needed(need)) == needed(need)) return;
  const std::string why =
      need == EncoderNeed::kHalfMap ? "gives no map of half the image's size" : "cannot be dilated";
  throw ConfigError("encoder " + name + " does not fit " + network + ": it " + why + "; those that fit are " +
                    joined(fitting));
}

}  // namespace nadir
