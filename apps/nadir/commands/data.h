// nadir data …: what can be done to data before any training. This is the list of its commands.
#pragma once

#include <memory>
#include <vector>

#include "command.h"

namespace nadir {

void add_data_commands(CLI::App& app, std::vector<std::unique_ptr<Command>>& commands, Command*& chosen);

}  // namespace nadir
