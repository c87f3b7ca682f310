// A linear layer that can learn a small change beside its own weights: LoRA (Hu et al. 2021).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/blocks/linear.h"

namespace nadir {

// The change: scale * up(down(x)), with rank much smaller than in and out. `up` begins at zero, so that it
// changes nothing at first; `down` is normal with deviation 1 / rank.
class LowRankImpl : public torch::nn::Module {
 public:
  LowRankImpl(std::int64_t in, std::int64_t out, std::int64_t rank, double scale);
  torch::Tensor forward(const torch::Tensor& x);
  // What it adds to the layer's weight: [out, in].
  torch::Tensor product() const;
  const torch::Tensor& down() const { return down_; }  // [rank, in]
  const torch::Tensor& up() const { return up_; }      // [out, rank]
  double scale() const { return scale_; }

 private:
  torch::Tensor down_, up_;
  double scale_;
};
TORCH_MODULE(LowRank);

class AdaptableLinearImpl : public LinearImpl {
 public:
  AdaptableLinearImpl(std::int64_t in, std::int64_t out, bool bias = true)
      : LinearImpl(torch::nn::LinearOptions(in, out).bias(bias)) {}
  torch::Tensor forward(const torch::Tensor& x);
  // From now on the layer computes with the change. It is no submodule: the layer's own tensors keep their
  // names.
  void adapt(LowRank change) { change_ = std::move(change); }
  const LowRank& change() const { return change_; }  // empty without

 private:
  LowRank change_{nullptr};
};
TORCH_MODULE(AdaptableLinear);

// The parameters that a module computes with and that learn, changes included.
std::vector<torch::Tensor> learning_weights(torch::nn::Module& module);

// All adaptable layers of a network with their full names, in the order of registration.
std::vector<std::pair<std::string, AdaptableLinearImpl*>> adaptable_layers(torch::nn::Module& network);

}  // namespace nadir
