#include "models/inference/program.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <algorithm>

namespace nadir {
namespace {

c10::OperatorHandle operator_of(const std::string& operation, const std::string& overload) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(operation.c_str(), overload.c_str());
}

}  // namespace

torch::Tensor Program::run(const torch::Tensor& image) const {
  const std::vector<std::size_t> last = last_readers();
  std::vector<c10::IValue> values(shapes.size());
  values[input] = image;
  std::vector<c10::IValue> stack;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    stack.clear();
    for (const Operand& each : step.inputs) stack.push_back(each.value ? values[*each.value] : each.constant);
    // The stack holds the last reference to what is not needed again, so that it goes as soon as it can.
    for (const Operand& each : step.inputs) {
      if (each.value && last[*each.value] == i) values[*each.value] = {};
    }
    step.run(stack);
    for (std::size_t k = 0; k < step.outputs.size(); ++k) {
      if (last[step.outputs[k]] != steps.size() || step.outputs[k] == output) {
        values[step.outputs[k]] = std::move(stack[stack.size() - step.outputs.size() + k]);
      }
    }
  }
  return values[output].toTensor();
}

std::vector<int> Program::uses() const {
  std::vector<int> count(shapes.size(), 0);
  for (const Step& step : steps) {
    for (const Operand& each : step.inputs) {
      if (each.value) ++count[*each.value];
    }
  }
  ++count[output];
  return count;
}

std::vector<std::size_t> Program::makers() const {
  std::vector<std::size_t> result(shapes.size(), steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    for (const std::size_t value : steps[i].outputs) result[value] = i;
  }
  return result;
}

std::vector<std::size_t> Program::last_readers() const {
  std::vector<std::size_t> last(shapes.size(), steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    for (const Operand& each : steps[i].inputs) {
      if (each.value) last[*each.value] = i;
    }
  }
  last[output] = steps.size();
  return last;
}

void Program::remove(const std::vector<bool>& gone) {
  std::vector<Step> kept;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!gone[i]) kept.push_back(std::move(steps[i]));
  }
  steps = std::move(kept);
}

std::int64_t Program::peak_bytes(std::int64_t element_size) const {
  const std::vector<std::size_t> last = last_readers();
  const auto bytes = [&](std::size_t value) {
    return shapes[value].empty() ? 0 : c10::multiply_integers(shapes[value]) * element_size;
  };
  std::int64_t live = bytes(input), peak = live;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    for (const std::size_t value : steps[i].outputs) live += bytes(value);
    peak = std::max(peak, live);
    std::vector<std::size_t> gone;
    for (const Operand& each : steps[i].inputs) {
      if (each.value && last[*each.value] == i) gone.push_back(*each.value);
    }
    for (const std::size_t value : steps[i].outputs) {
      if (last[value] == steps.size() && value != output) gone.push_back(value);
    }
    std::sort(gone.begin(), gone.end());
    gone.erase(std::unique(gone.begin(), gone.end()), gone.end());
    for (const std::size_t value : gone) live -= bytes(value);
  }
  return peak;
}

Step make_step(const std::string& operation, const std::string& overload, std::vector<Operand> inputs,
               std::size_t output) {
  const c10::OperatorHandle handle = operator_of(operation, overload);
  return {operation, std::move(inputs), {output}, [handle](std::vector<c10::IValue>& stack) {
            handle.callBoxed(stack);
          }};
}

torch::Tensor compute(const std::string& operation, std::vector<c10::IValue> inputs) {
  operator_of(operation, "").callBoxed(inputs);
  return inputs.back().toTensor();
}

}  // namespace nadir
