// The arguments of a classifier before a network, alike in every command that has one.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace nadir {

// --gate FILE and --gate-threshold. `effect`: what becomes of classes that the classifier does not see.
void add_gate_options(CLI::App& app, std::string& classifier, std::vector<double>& thresholds,
                      const std::string& effect);

}  // namespace nadir
