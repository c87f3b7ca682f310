#include "models/inference/fuse_convolutions.h"

#include <torch/torch.h>

#include <optional>

#include "models/inference/activation.h"
#include "models/inference/convolution_step.h"

namespace nadir {
namespace {

// A convolution with what was found to follow it.
struct Chain {
  std::size_t convolution = 0, last = 0;  // steps
  std::optional<Operand> added;
  std::optional<FusedActivation> activation;
};

class Fusion {
 public:
  Fusion(Program& program, torch::ScalarType type)
      : program_(program), type_(type), uses_(program.uses()), readers_(program.last_readers()) {}

  void run() {
    std::vector<bool> taken(program_.steps.size(), false);
    // From the end: of two convolutions that are added, the later one takes the sum.
    std::vector<Chain> chains;
    for (std::size_t i = program_.steps.size(); i-- > 0;) {
      if (!ConvolutionStep::is(program_.steps[i])) continue;
      Chain chain = follow(i, taken);
      for (std::size_t k : {chain.convolution, chain.last}) taken[k] = true;
      if (chain.added) taken[readers_[program_.steps[i].outputs[0]]] = true;
      chains.push_back(std::move(chain));
    }
    for (const Chain& chain : chains) {
      program_.steps[chain.last] = fused(chain);
      taken[chain.last] = false;
    }
    program_.remove(taken);
  }

 private:
  // The only step that reads what step `i` makes.
  std::optional<std::size_t> next(std::size_t i, const std::vector<bool>& taken) const {
    const std::size_t value = program_.steps[i].outputs[0];
    if (uses_[value] != 1 || value == program_.output || taken[readers_[value]]) return std::nullopt;
    return readers_[value];
  }

  Chain follow(std::size_t i, const std::vector<bool>& taken) const {
    Chain chain{i, i, {}, {}};
    std::optional<std::size_t> reader = next(i, taken);
    const bool plain = !ConvolutionStep(program_.steps[i]).transposed();
    if (reader && plain) {
      if (std::optional<Operand> other = addend(program_.steps[*reader], program_.steps[i].outputs[0])) {
        chain.added = std::move(other);
        chain.last = *reader;
        reader = next(*reader, taken);
        // Of activations after a sum oneDNN's operator takes this one.
        if (reader && program_.steps[*reader].operation != "aten::relu") reader.reset();
      }
    }
    if (!reader) return chain;
    chain.activation = activation_of(program_.steps[*reader]);
    if (chain.activation) chain.last = *reader;
    return chain;
  }

  // The other part of a plain sum of two maps of one shape.
  std::optional<Operand> addend(const Step& step, std::size_t value) const {
    if (step.operation != "aten::add" && step.operation != "aten::add_") return std::nullopt;
    if (!step.inputs[0].value || !step.inputs[1].value || number_of(step.inputs[2]) != 1) return std::nullopt;
    const Operand& other = *step.inputs[0].value == value ? step.inputs[1] : step.inputs[0];
    if (*other.value == value || program_.shapes[*other.value] != program_.shapes[step.outputs[0]])
      return std::nullopt;
    return other;
  }

  torch::Tensor packed(const Step& step) const {
    const ConvolutionStep view(step);
    const std::vector<std::int64_t>& size = program_.shapes[*step.inputs[0].value];
    const bool back = view.transposed();
    std::vector<c10::IValue> inputs = {view.weight().to(type_), view.padding()};
    if (back) inputs.emplace_back(view.output_padding());
    for (const auto& each : {view.stride(), view.dilation()}) inputs.emplace_back(each);
    inputs.emplace_back(view.groups());
    inputs.emplace_back(size);
    return compute(
        back ? "mkldnn::_reorder_convolution_transpose_weight" : "mkldnn::_reorder_convolution_weight",
        std::move(inputs));
  }

  Step fused(const Chain& chain) const {
    const Step& step = program_.steps[chain.convolution];
    const ConvolutionStep view(step);
    const std::size_t output = program_.steps[chain.last].outputs[0];
    Operand bias = step.inputs[2];
    if (bias.constant.isTensor()) bias.constant = bias.constant.toTensor().to(type_);
    std::vector<Operand> inputs = {step.inputs[0]};
    if (chain.added) inputs.push_back(*chain.added);
    inputs.push_back({{}, packed(step)});
    inputs.push_back(bias);
    inputs.push_back({{}, view.padding()});
    if (view.transposed()) inputs.push_back({{}, view.output_padding()});
    inputs.push_back({{}, view.stride()});
    inputs.push_back({{}, view.dilation()});
    inputs.push_back({{}, view.groups()});
    std::vector<Operand> activation = activation_operands(chain.activation);
    if (chain.added) {
      inputs.push_back({{}, std::string("add")});
      inputs.push_back({{}, c10::IValue()});
      if (!chain.activation) activation[0] = {};
    }
    for (Operand& each : activation) inputs.push_back(std::move(each));
    if (view.transposed())
      return make_step("mkldnn::_convolution_transpose_pointwise", "", std::move(inputs), output);
    return make_step("mkldnn::_convolution_pointwise", chain.added ? "binary" : "", std::move(inputs),
                     output);
  }

  Program& program_;
  torch::ScalarType type_;
  std::vector<int> uses_;
  std::vector<std::size_t> readers_;  // of values that are read once, the step that does
};

}  // namespace

void fuse_convolutions(Program& program, torch::ScalarType type) {
  const torch::NoGradGuard no_grad;
  Fusion(program, type).run();
}

void convert_constants(Program& program, torch::ScalarType type) {
  for (Step& step : program.steps) {
    if (step.operation == "aten::batch_norm") continue;
    for (Operand& each : step.inputs) {
      if (each.value || !each.constant.isTensor()) continue;
      const torch::Tensor tensor = each.constant.toTensor();
      if (tensor.defined() && tensor.scalar_type() == torch::kFloat32) each.constant = tensor.to(type);
    }
  }
}

}  // namespace nadir
