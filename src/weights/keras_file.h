// Weights that Keras saved: .h5 of Keras 2 and 3 (by layer and weight names), .weights.h5 and .keras of Keras
// 3 (by class and order).
#pragma once

#include <memory>

#include "weights/byte_file.h"
#include "weights/weight_file.h"
#include "weights/zip_archive.h"

namespace nadir {

// Names become LAYER.weight, .bias, .running_mean, .running_var; kernels get PyTorch's layout:
//   convolution            (h, w, in, out)       -> (out, in, h, w)
//   transposed convolution (h, w, out, in)       -> (in, out, h, w)
//   depthwise convolution  (h, w, in, multiple)  -> (in * multiple, 1, h, w)
//   dense                  (in, out)             -> (out, in)
// Layers of a model inside a model lose the inner model's name unless two would be called alike.
WeightFile read_keras_h5(std::shared_ptr<const ByteFile> file);
WeightFile read_keras_zip(const ZipArchive& archive, std::shared_ptr<const ByteFile> file);
bool is_keras_zip(const ZipArchive& archive);

}  // namespace nadir
