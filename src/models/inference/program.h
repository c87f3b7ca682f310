// A network's forward pass for one shape of input, as a list of operations that can be changed and run.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "nadir/model.h"

namespace nadir {

// What an operation takes: a value that an earlier one made, or a constant (weights, numbers, nothing).
struct Operand {
  std::optional<std::size_t> value;
  c10::IValue constant;
};

// Of a number that is a constant.
inline double number_of(const Operand& operand) { return operand.constant.toScalar().toDouble(); }

struct Step {
  std::string operation;  // "aten::relu"
  std::vector<Operand> inputs;
  std::vector<std::size_t> outputs;
  // Takes the inputs from the top of the stack and leaves the outputs there.
  std::function<void(std::vector<c10::IValue>&)> run;
};

class Program {
 public:
  std::vector<Step> steps;
  std::vector<std::vector<std::int64_t>> shapes;  // of each value; empty where it is no tensor
  std::size_t input = 0, output = 0;

  // Forgets each value after its last use. Not for two threads at a time.
  torch::Tensor run(const torch::Tensor& image) const;
  // How often each value is read; the output once more.
  std::vector<int> uses() const;
  // The step that makes each value; steps.size() for the input.
  std::vector<std::size_t> makers() const;
  // The last step that reads each value; steps.size() where none does, and for the output.
  std::vector<std::size_t> last_readers() const;
  // Leaves out the steps that are marked.
  void remove(const std::vector<bool>& gone);
  // Bytes of the values that live at the same time, at most, for elements of `element_size` bytes.
  std::int64_t peak_bytes(std::int64_t element_size) const;
};

// What the model does with an image like `image`, in evaluation mode. Shapes are those of `image` from then
// on, its values are free. Weights are constants of the program.
Program trace_program(Model& model, const torch::Tensor& image);

// The step `operation` of the dispatcher ("mkldnn::_convolution_pointwise", overload ""). The inputs must be
// those of its schema.
Step make_step(const std::string& operation, const std::string& overload, std::vector<Operand> inputs,
               std::size_t output);
// What such an operation makes of these inputs.
torch::Tensor compute(const std::string& operation, std::vector<c10::IValue> inputs);

}  // namespace nadir
