#include <map>
#include <set>

#include "models/views/observe.h"

namespace nadir {
namespace {

using Inputs = c10::ArrayRef<const c10::IValue>;

std::int64_t product(at::IntArrayRef sizes) { return c10::multiply_integers(sizes); }

// How many multiply-adds each element takes, and of which elements: the input's, or the output's where
// `input_elements` is 0. Weight [out, in / groups, k...], or [in, out / groups, k...] when transposed: every
// weight but those of one output (input) channel meets every output (input) element once.
struct Cost {
  std::int64_t input_elements = 0;
  std::int64_t each = 0;
};

Cost cost_of(const std::string& operation, Inputs inputs) {
  if (operation == "convolution") {
    const bool transposed = inputs[6].toBool();
    return {transposed ? inputs[0].toTensor().numel() : 0, product(inputs[1].toTensor().sizes().slice(1))};
  }
  if (operation == "linear" || operation == "bmm" || operation == "matmul")
    return {0, inputs[0].toTensor().size(-1)};
  if (operation == "addmm") return {0, inputs[1].toTensor().size(-1)};
  if (operation == "scaled_dot_product_attention") {  // every query with every key, and with every value
    const torch::Tensor &query = inputs[0].toTensor(), &key = inputs[1].toTensor(),
                        &value = inputs[2].toTensor();
    return {query.numel() / query.size(-1) * key.size(-2), query.size(-1) + value.size(-1)};
  }
  return {};
}

bool is_product(const std::string& operation) {
  return operation == "bmm" || operation == "matmul" || operation == "scaled_dot_product_attention";
}

class LayerTrace final : public OperationObserver {
 public:
  explicit LayerTrace(const Model& model) {
    for (const auto& item : model.named_parameters()) {
      const std::string module = module_of(item.key());
      owners_[item.value().unsafeGetTensorImpl()] = module;
      sizes_[module] += item.value().numel();
    }
  }

  bool enter(const at::RecordFunction& call) override {
    const std::string operation = operation_name(call);
    if (operation == "conv2d" || operation == "conv_transpose2d") return false;  // they call convolution
    const torch::Tensor* parameter = first_parameter(call.inputs());
    if (!parameter && !is_product(operation)) return false;
    module_ = parameter ? owners_.at(parameter->unsafeGetTensorImpl()) : "";
    // A linear layer is three operations: it transposes its weight, multiplies, and adds its bias.
    transposes_ = operation == "t";
    if (transposes_) return true;
    if (operation == "add_" && counted_.contains(module_)) return false;
    LayerRow row;
    row.name = module_;
    row.operation = parameter && (operation == "matmul" || operation == "addmm") ? "linear" : operation;
    if (parameter && counted_.insert(module_).second) row.parameters = sizes_.at(module_);
    if (operation == "convolution") row.kernel = parameter->sizes().slice(2).vec();
    cost_ = cost_of(operation, call.inputs());
    rows_.push_back(std::move(row));
    return true;
  }

  void leave(const at::RecordFunction& call) override {
    const auto outputs = call.outputs();
    if (outputs.empty() || !outputs.front().isTensor()) return;
    const torch::Tensor& output = outputs.front().toTensor();
    if (transposes_) {
      owners_[output.unsafeGetTensorImpl()] = module_;
      transposed_.push_back(output);
      return;
    }
    LayerRow& row = rows_.back();
    row.output = output.sizes().vec();
    row.mult_adds = cost_.each * (cost_.input_elements > 0 ? cost_.input_elements : output.numel());
  }

  std::vector<LayerRow> take() { return std::move(rows_); }

 private:
  const torch::Tensor* first_parameter(Inputs inputs) const {
    for (const c10::IValue& input : inputs) {
      if (input.isTensor() && owners_.contains(input.toTensor().unsafeGetTensorImpl()))
        return &input.toTensor();
    }
    return nullptr;
  }

  std::map<const c10::TensorImpl*, std::string> owners_;  // the module of a parameter
  std::map<std::string, std::int64_t> sizes_;             // parameters of a module
  std::set<std::string> counted_;
  std::vector<torch::Tensor> transposed_;  // weights, kept so that no other tensor gets their address
  std::vector<LayerRow> rows_;
  // Of the operation under way.
  Cost cost_;
  std::string module_;
  bool transposes_ = false;
};

}  // namespace

std::vector<LayerRow> trace_layers(Model& model, const torch::Tensor& image) {
  LayerTrace trace(model);
  const torch::NoGradGuard no_grad;
  observe_forward(model, image, trace);
  return trace.take();
}

}  // namespace nadir
