#include "models/inference/fold_norms.h"

#include "models/inference/convolution_step.h"

namespace nadir {
namespace {

// aten::batch_norm(input, weight, bias, mean, var, training, momentum, eps, cudnn_enabled)
struct Norm {
  torch::Tensor scale, shift;  // [channels] float64
};

torch::Tensor wide(const c10::IValue& value, double otherwise, const torch::Tensor& like) {
  if (value.isTensor() && value.toTensor().defined()) return value.toTensor().to(torch::kFloat64);
  return torch::full_like(like, otherwise, torch::kFloat64);
}

Norm norm_of(const Step& step) {
  const auto constant = [&](std::size_t i) { return step.inputs[i].constant; };
  const torch::Tensor mean = constant(3).toTensor().to(torch::kFloat64);
  const torch::Tensor variance = constant(4).toTensor().to(torch::kFloat64);
  const torch::Tensor scale = wide(constant(1), 1, mean) / (variance + constant(7).toDouble()).sqrt();
  return {scale, wide(constant(2), 0, mean) - mean * scale};
}

bool is_constant_norm(const Step& step) {
  if (step.operation != "aten::batch_norm" || step.inputs[5].constant.toBool()) return false;
  return step.inputs[3].constant.isTensor() && step.inputs[4].constant.isTensor();
}

void fold_into(Step& convolution, const Norm& norm) {
  const ConvolutionStep view(convolution);
  const torch::Tensor weight = view.weight().to(torch::kFloat64);
  std::vector<std::int64_t> across(static_cast<std::size_t>(weight.dim()), 1);
  across[view.transposed() ? 1 : 0] = -1;
  const torch::Tensor bias = wide(convolution.inputs[2].constant, 0, norm.shift) * norm.scale + norm.shift;
  convolution.inputs[1].constant = (weight * norm.scale.reshape(across)).to(view.weight().scalar_type());
  convolution.inputs[2] = {{}, bias.to(view.weight().scalar_type())};
}

}  // namespace

void fold_norms(Program& program) {
  const torch::NoGradGuard no_grad;
  const std::vector<int> uses = program.uses();
  const std::vector<std::size_t> makers = program.makers();
  std::vector<bool> gone(program.steps.size(), false);
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    Step& step = program.steps[i];
    if (!is_constant_norm(step) || !step.inputs[0].value) continue;
    const std::size_t value = *step.inputs[0].value;
    const std::size_t maker = makers[value];
    if (maker == program.steps.size() || uses[value] != 1) continue;
    Step& convolution = program.steps[maker];
    if (!ConvolutionStep::is(convolution)) continue;
    const ConvolutionStep view(convolution);
    if (view.transposed() && view.groups() != 1) continue;
    fold_into(convolution, norm_of(step));
    convolution.outputs = step.outputs;
    gone[i] = true;
  }
  program.remove(gone);
}

}  // namespace nadir
