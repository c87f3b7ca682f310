// Classifiers of the studies that were Keras applications: an encoder, the mean over the map, one dense
// layer. Tensor names are Keras's.
#pragma once

#include <memory>
#include <optional>

#include "nadir/model.h"

namespace nadir {

struct KerasClassifierConfig {
  // keras.mobilenet_v2, keras.resnet50v2, or keras.efficientnet_b0 to b4
  std::string encoder = "keras.mobilenet_v2";
  // Share of each new batch in the running statistics of batch norms, above 0 and up to 1; by default Keras's
  // own: 0.001 of MobileNetV2 (its momentum is 0.999), 0.01 of the others. Those are for thousands of steps,
  // or for weights that bring their statistics along.
  std::optional<double> norm_momentum;
  void fields(FieldVisitor& visit);
};

// Any image size.
std::shared_ptr<Model> make_keras_classifier(const KerasClassifierConfig& config, const ModelShape& shape);

}  // namespace nadir
