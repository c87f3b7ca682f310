#include "models/inference/activation.h"

namespace nadir {

std::optional<FusedActivation> activation_of(const Step& step) {
  const std::string& name = step.operation;
  if (name == "aten::relu") return FusedActivation{"relu", {}, {}};
  if (name == "aten::sigmoid") return FusedActivation{"sigmoid", {}, {}};
  if (name == "aten::tanh") return FusedActivation{"tanh", {}, {}};
  if (name == "aten::silu") return FusedActivation{"swish", {}, {}};
  if (name == "aten::hardtanh")
    return FusedActivation{"hardtanh", {number_of(step.inputs[1]), number_of(step.inputs[2])}, {}};
  if (name == "aten::relu6") return FusedActivation{"hardtanh", {0, 6}, {}};
  if (name == "aten::leaky_relu") return FusedActivation{"leaky_relu", {number_of(step.inputs[1])}, {}};
  if (name == "aten::prelu" && step.inputs[1].constant.isTensor() &&
      step.inputs[1].constant.toTensor().numel() == 1) {
    return FusedActivation{"leaky_relu", {step.inputs[1].constant.toTensor().item<double>()}, {}};
  }
  if (name == "aten::gelu") return FusedActivation{"gelu", {}, step.inputs[1].constant.toStringRef()};
  return std::nullopt;
}

std::vector<Operand> activation_operands(const std::optional<FusedActivation>& activation) {
  const FusedActivation found = activation.value_or(FusedActivation{"none", {}, {}});
  c10::List<std::optional<at::Scalar>> numbers;
  for (const double each : found.numbers) numbers.push_back(at::Scalar(each));
  return {
      {{}, found.name}, {{}, numbers}, {{}, found.algorithm ? c10::IValue(*found.algorithm) : c10::IValue()}};
}

}  // namespace nadir
