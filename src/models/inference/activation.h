// Activations as oneDNN's operators take them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/inference/program.h"

namespace nadir {

struct FusedActivation {
  std::string name;
  std::vector<double> numbers;
  std::optional<std::string> algorithm;
};
// What the step does, where it is an activation that oneDNN can compute with what is before it.
std::optional<FusedActivation> activation_of(const Step& step);
// The three operands that stand for an activation, or for none: name, numbers, algorithm.
std::vector<Operand> activation_operands(const std::optional<FusedActivation>& activation);

}  // namespace nadir
