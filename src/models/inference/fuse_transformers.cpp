#include "models/inference/fuse_transformers.h"

#include <torch/torch.h>

#include "models/blocks/attention.h"
#include "models/inference/activation.h"

namespace nadir {
namespace {

bool is_absent(const Operand& operand) {
  const c10::IValue& value = operand.constant;
  return !operand.value && (value.isNone() || (value.isTensor() && !value.toTensor().defined()));
}

bool is_constant_tensor(const Operand& operand) {
  return !operand.value && operand.constant.isTensor() && operand.constant.toTensor().defined();
}

// aten::linear(input, weight, bias)
bool is_constant_linear(const Program& program, const Step& step) {
  if (step.operation != "aten::linear" || !step.inputs[0].value) return false;
  const bool constant =
      is_constant_tensor(step.inputs[1]) && (is_absent(step.inputs[2]) || is_constant_tensor(step.inputs[2]));
  return constant && !program.shapes[*step.inputs[0].value].empty();
}

std::int64_t rows_of(const Program& program, const Step& step) {
  const std::vector<std::int64_t>& shape = program.shapes[*step.inputs[0].value];
  return c10::multiply_integers(shape.begin(), shape.end() - 1);
}

Step fused_linear(const Step& linear, std::int64_t rows, torch::ScalarType type,
                  const std::optional<FusedActivation>& activation, std::size_t output) {
  const auto constant = [&](std::size_t i) { return linear.inputs[i].constant.toTensor().to(type); };
  const Operand bias = is_absent(linear.inputs[2]) ? Operand() : Operand{{}, constant(2)};
  std::vector<Operand> inputs = {
      linear.inputs[0], {{}, compute("mkldnn::_reorder_linear_weight", {constant(1), rows})}, bias};
  for (Operand& each : activation_operands(activation)) inputs.push_back(std::move(each));
  const std::size_t count = inputs.size();
  Step step = make_step("mkldnn::_linear_pointwise", "", std::move(inputs), output);
  // The operator takes rows as they lie, but those of permuted maps have gaps between their values.
  step.run = [count, linear = std::move(step.run)](std::vector<c10::IValue>& stack) {
    c10::IValue& rows = stack[stack.size() - count];
    rows = rows.toTensor().contiguous();
    linear(stack);
  };
  return step;
}

// scaled_dot_product_attention(query, key, value, mask, dropout, is_causal, scale, enable_gqa), plain.
bool is_plain_attention(const Step& step) {
  return step.operation == "aten::scaled_dot_product_attention" && is_absent(step.inputs[3]) &&
         !step.inputs[5].constant.toBool() && is_absent(step.inputs[6]) && !step.inputs[7].constant.toBool();
}

}  // namespace

void fuse_linears(Program& program, torch::ScalarType type) {
  const torch::NoGradGuard no_grad;
  const std::vector<int> uses = program.uses();
  const std::vector<std::size_t> readers = program.last_readers();
  std::vector<bool> gone(program.steps.size(), false);
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    if (!is_constant_linear(program, program.steps[i])) continue;
    std::size_t last = i;
    std::optional<FusedActivation> activation;
    const std::size_t value = program.steps[i].outputs[0];
    if (uses[value] == 1 && value != program.output) {
      activation = activation_of(program.steps[readers[value]]);
      if (activation) last = readers[value];
    }
    Step fused = fused_linear(program.steps[i], rows_of(program, program.steps[i]), type, activation,
                              program.steps[last].outputs[0]);
    gone[i] = last != i;
    program.steps[last] = std::move(fused);
  }
  program.remove(gone);
}

void choose_attention(Program& program) {
  for (Step& step : program.steps) {
    if (!is_plain_attention(step)) continue;
    step.run = [count = step.inputs.size()](std::vector<c10::IValue>& stack) {
      const std::size_t first = stack.size() - count;
      const auto input = [&](std::size_t i) { return stack[first + i].toTensor(); };
      const torch::Tensor q = input(0), k = input(1), v = input(2);
      stack.resize(first);
      stack.emplace_back(gains_by_products(q, k) ? attend_by_products(q, k, v)
                                                 : torch::scaled_dot_product_attention(q, k, v));
    };
  }
}

}  // namespace nadir
