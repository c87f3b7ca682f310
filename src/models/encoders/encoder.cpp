#include "models/encoders/encoder.h"

#include "models/encoders/resnet.h"
#include "nadir/config.h"

namespace nadir {
namespace {

// Every encoder, one line each.
struct Item {
  std::string name;
  std::function<std::shared_ptr<Encoder>(const EncoderShape&)> make;
};

const std::vector<Item>& items() {
  static const std::vector<Item> list = {
      {"resnet18",
       [](const EncoderShape& shape) {
         return make_resnet({2, 2, 2, 2}, ResnetBlock::kBasic, shape);
       }},
      {"resnet34",
       [](const EncoderShape& shape) {
         return make_resnet({3, 4, 6, 3}, ResnetBlock::kBasic, shape);
       }},
      {"resnet50",
       [](const EncoderShape& s) {
         return make_resnet({3, 4, 6, 3}, ResnetBlock::kBottleneck, s);
       }},
      {"resnet101",
       [](const EncoderShape& s) {
         return make_resnet({3, 4, 23, 3}, ResnetBlock::kBottleneck, s);
       }},
  };
  return list;
}

}  // namespace

std::shared_ptr<Encoder> make_encoder(const std::string& name, const EncoderShape& shape) {
  for (const Item& each : items()) {
    if (each.name == name) return each.make(shape);
  }
  throw_unknown_name("encoder", name, encoder_names(), {});
}

std::vector<std::string> encoder_names() {
  std::vector<std::string> names;
  for (const Item& each : items()) names.push_back(each.name);
  return names;
}

}  // namespace nadir
