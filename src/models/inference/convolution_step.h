// A convolution among the steps of a program.
#pragma once

#include "models/inference/program.h"

namespace nadir {

// aten::_convolution(input, weight, bias, stride, padding, dilation, transposed, output_padding, groups, …)
class ConvolutionStep {
 public:
  // Whether the step is a convolution in two dimensions with constant weights.
  static bool is(const Step& step) {
    const bool named = step.operation == "aten::_convolution" || step.operation == "aten::convolution";
    return named && step.inputs[1].constant.isTensor() && step.inputs[1].constant.toTensor().dim() == 4 &&
           !step.inputs[2].value;
  }
  explicit ConvolutionStep(const Step& step) : step_(step) {}
  torch::Tensor weight() const { return step_.inputs[1].constant.toTensor(); }
  bool transposed() const { return step_.inputs[6].constant.toBool(); }
  std::int64_t groups() const { return step_.inputs[8].constant.toInt(); }
  std::vector<std::int64_t> stride() const { return ints(3); }
  std::vector<std::int64_t> padding() const { return ints(4); }
  std::vector<std::int64_t> dilation() const { return ints(5); }
  std::vector<std::int64_t> output_padding() const { return ints(7); }

 private:
  // One number stands for both directions.
  std::vector<std::int64_t> ints(std::size_t i) const {
    std::vector<std::int64_t> values = step_.inputs[i].constant.toIntVector();
    if (values.size() == 1) values.push_back(values.front());
    return values;
  }
  const Step& step_;
};

}  // namespace nadir
