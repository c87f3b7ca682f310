// Segmentation networks as segmentation_models.pytorch makes them: any encoder, a decoder, a head. Its names:
// the parts `encoder`, `decoder` and `segmentation_head`.
#pragma once

#include <memory>

#include "models/encoders/encoder.h"
#include "nadir/model.h"

namespace nadir {

class Decoder : public torch::nn::Module {
 public:
  // maps: as Encoder::forward gives them. Gives one map: [N, channels(), h, w].
  virtual torch::Tensor forward(const std::vector<torch::Tensor>& maps) = 0;
  virtual std::int64_t channels() const = 0;
};

struct HeadShape {
  std::int64_t kernel = 3;
  std::int64_t enlarge = 1;  // how much smaller than the image the decoder's map is
  bool xavier = true;        // first values; otherwise PyTorch's
};

// Any image size: sides that are no multiples of 32 are padded inside and cut back.
std::shared_ptr<Model> join(std::shared_ptr<Encoder> encoder, std::shared_ptr<Decoder> decoder,
                            const HeadShape& head, std::int64_t classes);

}  // namespace nadir
