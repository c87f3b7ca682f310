#include "gate_options.h"

namespace nadir {

void add_gate_options(CLI::App& app, std::string& classifier, std::vector<double>& thresholds,
                      const std::string& effect) {
  app.add_option("--gate", classifier, "A classifier's model file: " + effect);
  app.add_option("--gate-threshold", thresholds,
                 "Probability from which the gate sees a class: one, or one for each of its classes")
      ->delimiter(',')
      ->check(CLI::Range(0.0, 1.0));
}

}  // namespace nadir
