// One class for each command: the constructor declares its arguments, run() does it.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nadir {

class Command {
 public:
  virtual ~Command() = default;
  virtual int run() = 0;  // the exit code
};

// Adds the subcommand of a Command class: C::kName, C::kSummary, and C::kExample for its help's end.
// `chosen` becomes the command that the user named.
template <class C>
void add_command(CLI::App& parent, std::vector<std::unique_ptr<Command>>& commands, Command*& chosen) {
  CLI::App* app = parent.add_subcommand(C::kName, C::kSummary);
  app->footer(std::string("Example:\n  ") + C::kExample);
  auto command = std::make_unique<C>(*app);
  app->callback([&chosen, each = command.get()] { chosen = each; });
  commands.push_back(std::move(command));
}

}  // namespace nadir
