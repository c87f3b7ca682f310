// EfficientNet-Lite's tensors by the names of efficientnet_pytorch, and what timm, and so nadir, calls them.
#pragma once

#include <map>
#include <string>

#include "weights/weight_file.h"

namespace nadir {

// efficientnet_pytorch numbers all blocks in a row, timm within their stage; a stage ends where the number of
// channels changes. EfficientNets with squeeze and excitation keep their names: those files' weights want
// TensorFlow's padding, which nadir's b0 to b4 do not have, and would load as if they fitted.
class EfficientnetNames {
 public:
  explicit EfficientnetNames(const WeightGroup& group);
  // "blocks.1.0.conv_pw.weight" for "_blocks.1._expand_conv.weight", wrappers' prefixes kept; other names as
  // they are.
  std::string timm_name(const std::string& name) const;

 private:
  std::string layer_name(const std::string& block, const std::string& layer) const;

  struct Block {
    std::string place;     // stage and number within it: "1.0"
    bool expands = false;  // has a convolution before the depthwise one
  };
  std::map<std::string, Block> blocks_;  // by efficientnet_pytorch's number
};

}  // namespace nadir
