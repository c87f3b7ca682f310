#include <ATen/record_function.h>

#include <map>

#include "nadir/model.h"

namespace nadir {
namespace {

struct Owner {
  std::string module;
  std::int64_t parameters = 0;  // of the module, all together
};

struct Trace {
  std::map<const c10::TensorImpl*, Owner> owners;
  std::vector<LayerRow> rows;
  std::map<std::string, bool> counted;
  int depth = 0;  // inside an operation that has its row already
};

// The callbacks of at::RecordFunction are plain functions; one trace runs in a thread at a time.
thread_local Trace* active = nullptr;

std::string module_of(const std::string& parameter) {
  const std::size_t dot = parameter.rfind('.');
  return dot == std::string::npos ? "" : parameter.substr(0, dot);
}

const at::Tensor* first_parameter(const at::RecordFunction& call) {
  for (const c10::IValue& input : call.inputs()) {
    if (input.isTensor() && active->owners.contains(input.toTensor().unsafeGetTensorImpl()))
      return &input.toTensor();
  }
  return nullptr;
}

std::int64_t product(at::IntArrayRef sizes) { return c10::multiply_integers(sizes); }

// How many multiply-adds each element takes, and whether these are elements of the input or of the output.
// Weight [out, in / groups, k...], or [in, out / groups, k...] when transposed: every weight but those of one
// output (input) channel meets every output (input) element once.
struct Cost {
  std::int64_t input_elements = 0;  // 0: the output's count
  std::int64_t each = 0;
};

Cost cost_of(const std::string& operation, c10::ArrayRef<const c10::IValue> inputs) {
  if (operation == "convolution") {
    const bool transposed = inputs[6].toBool();
    return {transposed ? inputs[0].toTensor().numel() : 0, product(inputs[1].toTensor().sizes().slice(1))};
  }
  if (operation == "linear") return {0, inputs[0].toTensor().size(-1)};
  return {};
}

// The inputs are gone when an operation ends, so what they tell is kept from its start.
struct Call final : at::ObserverContext {
  bool has_row = false;
  std::size_t row = 0;
  Cost cost;
};

std::unique_ptr<at::ObserverContext> on_start(const at::RecordFunction& call) {
  auto context = std::make_unique<Call>();
  if (!active || active->depth > 0) return context;
  const std::string name = call.name();
  const at::Tensor* parameter =
      name == "aten::conv2d" || name == "aten::conv_transpose2d" ? nullptr : first_parameter(call);
  if (!parameter) return context;
  const Owner& owner = active->owners.at(parameter->unsafeGetTensorImpl());
  LayerRow row{owner.module, name.substr(name.rfind(':') + 1), {}, {}, 0, 0};
  if (row.operation == "convolution") row.kernel = parameter->sizes().slice(2).vec();
  if (!std::exchange(active->counted[owner.module], true)) row.parameters = owner.parameters;
  context->has_row = true;
  context->row = active->rows.size();
  context->cost = cost_of(row.operation, call.inputs());
  active->rows.push_back(std::move(row));
  ++active->depth;
  return context;
}

void on_end(const at::RecordFunction& call, at::ObserverContext* context) {
  const auto* mine = static_cast<const Call*>(context);
  if (!active || !mine || !mine->has_row) return;
  --active->depth;
  const auto outputs = call.outputs();
  if (outputs.empty() || !outputs.front().isTensor()) return;
  const at::Tensor& output = outputs.front().toTensor();
  LayerRow& row = active->rows.at(mine->row);
  row.output = output.sizes().vec();
  row.mult_adds =
      mine->cost.each * (mine->cost.input_elements > 0 ? mine->cost.input_elements : output.numel());
}

}  // namespace

std::vector<LayerRow> trace_layers(Model& model, const torch::Tensor& image) {
  Trace trace;
  std::map<std::string, std::int64_t> sizes;
  for (const auto& item : model.named_parameters()) sizes[module_of(item.key())] += item.value().numel();
  for (const auto& item : model.named_parameters()) {
    trace.owners[item.value().unsafeGetTensorImpl()] = {module_of(item.key()),
                                                        sizes.at(module_of(item.key()))};
  }
  const bool was_training = model.is_training();
  model.eval();
  active = &trace;
  const auto handle = at::addThreadLocalCallback(at::RecordFunctionCallback(on_start, on_end)
                                                     .needsInputs(true)
                                                     .needsOutputs(true)
                                                     .scopes({at::RecordScope::FUNCTION}));
  try {
    const torch::NoGradGuard no_grad;
    model.forward(image);
  } catch (...) {
    at::removeCallback(handle);
    active = nullptr;
    throw;
  }
  at::removeCallback(handle);
  active = nullptr;
  model.train(was_training);
  return trace.rows;
}

}  // namespace nadir
