#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>

#include <map>
#include <stdexcept>

#include "models/inference/program.h"

namespace nadir {
namespace {

namespace jit = torch::jit;

// Parameters that want gradients cannot be constants of a trace.
class WithoutGradients {
 public:
  explicit WithoutGradients(Model& model) {
    for (const torch::Tensor& each : model.parameters()) {
      if (!each.requires_grad()) continue;
      each.set_requires_grad(false);
      changed_.push_back(each);
    }
  }
  ~WithoutGradients() {
    for (const torch::Tensor& each : changed_) each.set_requires_grad(true);
  }
  WithoutGradients(const WithoutGradients&) = delete;
  WithoutGradients& operator=(const WithoutGradients&) = delete;

 private:
  std::vector<torch::Tensor> changed_;
};

std::shared_ptr<jit::Graph> trace_graph(Model& model, const torch::Tensor& image) {
  const torch::NoGradGuard no_grad;
  const WithoutGradients constants(model);
  const auto forward = [&](jit::Stack inputs) -> jit::Stack { return {model(inputs.front().toTensor())}; };
  // In-place operations are recorded as what they are: only then may a value be read after a later step.
  return jit::tracer::trace(
             {image}, forward, [](const torch::Tensor&) { return ""; }, /*strict=*/true,
             /*force_outplace=*/true)
      .first->graph;
}

template <class T>
c10::IValue list_of(const std::vector<c10::IValue>& stack, std::size_t count,
                    T (*element)(const c10::IValue&)) {
  c10::List<T> list;
  for (std::size_t i = stack.size() - count; i < stack.size(); ++i) list.push_back(element(stack[i]));
  return list;
}

using Elements = c10::TypeKind;

c10::IValue make_list(const std::vector<c10::IValue>& stack, std::size_t count, Elements kind) {
  switch (kind) {
    case c10::TypeKind::TensorType:
      return list_of<torch::Tensor>(stack, count, [](const c10::IValue& v) { return v.toTensor(); });
    case c10::TypeKind::OptionalType:
      return list_of<std::optional<torch::Tensor>>(stack, count, [](const c10::IValue& v) {
        return v.isNone() ? std::optional<torch::Tensor>() : std::optional(v.toTensor());
      });
    case c10::TypeKind::FloatType:
      return list_of<double>(stack, count, [](const c10::IValue& v) { return v.toDouble(); });
    default:
      return list_of<std::int64_t>(stack, count, [](const c10::IValue& v) { return v.toInt(); });
  }
}

std::function<void(std::vector<c10::IValue>&)> list_maker(std::size_t count, Elements kind) {
  return [count, kind](std::vector<c10::IValue>& stack) {
    c10::IValue list = make_list(stack, count, kind);
    stack.resize(stack.size() - count);
    stack.push_back(std::move(list));
  };
}

void unpack_list(std::vector<c10::IValue>& stack) {
  const c10::IValue list = std::move(stack.back());
  stack.pop_back();
  for (const c10::IValue& each : list.toListRef()) stack.push_back(each);
}

// Turns the tracer's graph into steps.
class Lowering {
 public:
  explicit Lowering(const jit::Graph& graph) {
    program_.input = number(graph.inputs().front());
    for (const jit::Node* node : graph.nodes()) lower(*node);
    const Operand result = operand(graph.outputs().front());
    if (!result.value) throw std::logic_error("a network's result does not depend on its input");
    program_.output = *result.value;
  }
  Program take() { return std::move(program_); }

 private:
  std::size_t number(const jit::Value* value) {
    const auto [found, is_new] = numbers_.emplace(value, program_.shapes.size());
    if (is_new) {
      const auto type = value->type()->cast<c10::TensorType>();
      const auto shape = type ? type->sizes().concrete_sizes() : std::nullopt;
      program_.shapes.push_back(shape.value_or(std::vector<std::int64_t>()));
    }
    return found->second;
  }

  Operand operand(const jit::Value* value) {
    if (const auto found = constants_.find(value); found != constants_.end()) return {{}, found->second};
    if (const auto found = aliases_.find(value); found != aliases_.end()) return {found->second, {}};
    return {number(value), {}};
  }

  void lower(const jit::Node& node) {
    if (node.kind() == c10::prim::Constant) {
      constants_[node.output()] = jit::toIValue(node.output()).value_or(c10::IValue());
      return;
    }
    if (is_identity(node)) {
      const Operand input = operand(node.inputs().front());
      if (input.value) {
        aliases_[node.output()] = *input.value;
      } else {
        constants_[node.output()] = input.constant;
      }
      return;
    }
    Step step{.operation = node.kind().toQualString(), .inputs = {}, .outputs = {}, .run = runner(node)};
    bool is_constant = node.kind() == c10::prim::ListConstruct;
    for (const jit::Value* input : node.inputs()) {
      step.inputs.push_back(operand(input));
      is_constant = is_constant && !step.inputs.back().value;
    }
    if (is_constant) {
      std::vector<c10::IValue> stack;
      for (const Operand& each : step.inputs) stack.push_back(each.constant);
      step.run(stack);
      constants_[node.output()] = stack.back();
      return;
    }
    for (const jit::Value* output : node.outputs()) step.outputs.push_back(number(output));
    program_.steps.push_back(std::move(step));
  }

  // Dropout does nothing in evaluation mode.
  static bool is_identity(const jit::Node& node) {
    const std::string name = node.kind().toQualString();
    return name == "aten::dropout" || name == "aten::feature_dropout" || name == "aten::detach" ||
           name == "aten::alias" || name == "prim::NumToTensor" || name == "aten::Int";
  }

  std::function<void(std::vector<c10::IValue>&)> runner(const jit::Node& node) const {
    if (node.kind() == c10::prim::ListConstruct) {
      const auto type = node.output()->type()->expect<c10::ListType>();
      return list_maker(node.inputs().size(), type->getElementType()->kind());
    }
    if (node.kind() == c10::prim::ListUnpack) return unpack_list;
    return [operation = node.getOperation()](std::vector<c10::IValue>& stack) mutable { operation(stack); };
  }

  Program program_;
  std::map<const jit::Value*, std::size_t> numbers_, aliases_;
  std::map<const jit::Value*, c10::IValue> constants_;
};

}  // namespace

Program trace_program(Model& model, const torch::Tensor& image) {
  return Lowering(*trace_graph(model, image)).take();
}

}  // namespace nadir
