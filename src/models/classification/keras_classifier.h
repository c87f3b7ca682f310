// Classifiers of the studies that were Keras applications: an encoder, the mean over the map, one dense
// layer. Tensor names are Keras's.
#pragma once

#include <memory>

#include "nadir/model.h"

namespace nadir {

struct KerasClassifierConfig {
  // keras.mobilenet_v2, keras.resnet50v2, or keras.efficientnet_b0 to b4
  std::string encoder = "keras.mobilenet_v2";
  void fields(FieldVisitor& visit);
};

// Any image size.
std::shared_ptr<Model> make_keras_classifier(const KerasClassifierConfig& config, const ModelShape& shape);

}  // namespace nadir
