#include "models/views/attention_rollout.h"

#include <torch/torch.h>

#include <cmath>

#include "models/views/observe.h"

namespace nadir {
namespace {

struct QueriesAndKeys {
  torch::Tensor queries, keys;  // [N, heads, T, d]
};

class AttentionObserver final : public OperationObserver {
 public:
  bool enter(const at::RecordFunction& call) override {
    if (operation_name(call) != "scaled_dot_product_attention") return false;
    const auto inputs = call.inputs();
    seen_.push_back({inputs[0].toTensor(), inputs[1].toTensor()});
    return true;
  }
  void leave(const at::RecordFunction&) override {}
  const std::vector<QueriesAndKeys>& seen() const { return seen_; }

 private:
  std::vector<QueriesAndKeys> seen_;
};

}  // namespace

std::vector<torch::Tensor> attention_weights(Model& model, const torch::Tensor& image) {
  const torch::NoGradGuard no_grad;
  AttentionObserver observer;
  observe_forward(model, image, observer);
  std::vector<torch::Tensor> weights;
  for (const auto& [queries, keys] : observer.seen()) {
    const double scale = 1 / std::sqrt(static_cast<double>(queries.size(-1)));
    weights.push_back((queries.matmul(keys.transpose(-2, -1)) * scale).softmax(-1));
  }
  return weights;
}

torch::Tensor roll_out(const std::vector<torch::Tensor>& weights) {
  torch::Tensor rolled;
  for (const torch::Tensor& each : weights) {
    const torch::Tensor layer = (each.mean(1) + torch::eye(each.size(-1), each.options())) / 2;
    rolled = rolled.defined() ? layer.matmul(rolled) : layer;
  }
  return rolled;
}

torch::Tensor attention_rollout(Model& model, const torch::Tensor& image, const TokenGrid& grid) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor rolled = roll_out(attention_weights(model, image)).squeeze(0);  // [T, T]
  const torch::Tensor row = grid.prefix > 0 ? rolled[0] : rolled.mean(0);
  return row.narrow(0, grid.prefix, grid.rows * grid.columns).reshape({grid.rows, grid.columns});
}

}  // namespace nadir
