#include "models/classification/vit.h"

#include <torch/nn.h>

#include "models/blocks/attention.h"
#include "models/blocks/linear.h"
#include "models/blocks/padding.h"
#include "models/blocks/token_grid.h"
#include "models/blocks/vit_block.h"

namespace nadir {
namespace {

class Vit final : public Model, public PatchTokens {
 public:
  Vit(const VitConfig& config, const ModelShape& shape)
      : size_(config.image_size),
        grid_{size_[0] / config.patch, size_[1] / config.patch, 1, "pos_embed"},
        rescale_(config.flavour == "keras_cv") {
    const std::int64_t width = config.width;
    const std::int64_t tokens = grid_.rows * grid_.columns;
    cls_token_ = register_parameter("cls_token", torch::zeros({1, 1, width}));
    pos_embed_ = register_parameter("pos_embed", torch::zeros({1, tokens + 1, width}));
    patch_embed_ = register_module("patch_embed", PatchEmbed(shape.bands, width, config.patch));
    blocks_ = register_module("blocks", torch::nn::Sequential());
    const std::string gelu = rescale_ ? "tanh" : "none";
    for (std::int64_t i = 0; i < config.depth; ++i) blocks_->push_back(VitBlock(width, config.heads, gelu));
    norm_ = register_module("norm", vit_norm(width));
    head_ = register_module("head", Linear(width, shape.classes));
    init_vit(*this);
    torch::nn::init::normal_(pos_embed_, 0, 0.02);
    torch::nn::init::normal_(cls_token_, 0, 1e-6);
  }

  ModelOutput forward(const torch::Tensor& image) override {
    require_size("vit", image, size_);
    torch::Tensor x = patch_embed_(rescale_ ? 2 * image - 1 : image);
    x = torch::cat({cls_token_.expand({x.size(0), -1, -1}), x}, 1) + pos_embed_;
    x = norm_(blocks_->forward(x));
    return {full_precision(head_(x.select(1, 0))), {}};
  }

  TokenGrid token_grid() const override { return grid_; }

 private:
  std::vector<std::int64_t> size_;
  TokenGrid grid_;
  bool rescale_;
  torch::Tensor cls_token_, pos_embed_;
  PatchEmbed patch_embed_{nullptr};
  torch::nn::Sequential blocks_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
  Linear head_{nullptr};
};

}  // namespace

void VitConfig::fields(FieldVisitor& visit) {
  visit.field("flavour", flavour, {"timm", "keras_cv"});
  visit.field("image_size", image_size, at_least(1));
  visit.field("patch", patch, at_least(1));
  visit.field("width", width, at_least(1));
  visit.field("depth", depth, at_least(1));
  visit.field("heads", heads, at_least(1));
}

void VitConfig::validate() const {
  check_image_size(image_size, patch);
  if (width % heads != 0) {
    throw ConfigError("width is " + std::to_string(width) + "; it must be a multiple of heads, " +
                      std::to_string(heads));
  }
}

std::shared_ptr<Model> make_vit(const VitConfig& config, const ModelShape& shape) {
  return std::make_shared<Vit>(config, shape);
}

}  // namespace nadir
