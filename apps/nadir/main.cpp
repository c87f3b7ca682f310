#include <c10/util/Exception.h>

#include <csignal>
#include <iostream>

#include "command.h"
#include "commands/compare.h"
#include "commands/convert.h"
#include "commands/evaluate.h"
#include "commands/generate.h"
#include "commands/info.h"
#include "commands/models.h"
#include "commands/summary.h"
#include "commands/sweep.h"
#include "commands/train.h"
#include "nadir/nadir.h"
#ifdef NADIR_RASTER
#include "commands/data.h"
#include "commands/explain.h"
#include "commands/predict.h"
#include "commands/score.h"
#include "commands/submit.h"
#endif

namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kInterrupted = 130;

// The first Ctrl-C asks to stop after the step under way; the second ends the program at once.
void on_interrupt(int signal) {
  nadir::request_stop();
  std::signal(signal, SIG_DFL);
}

int parse_and_run(int argc, char** argv) {
  CLI::App app("nadir: maps from satellite, aerial and street imagery", "nadir");
  app.set_version_flag("--version", std::string("nadir ") + nadir::version());
  app.require_subcommand(1);
  app.footer(
      "Begin with `nadir COMMAND --help`. Errors go to stderr with exit code 1; wrong usage is 2, Ctrl-C "
      "130.");
  std::vector<std::unique_ptr<nadir::Command>> commands;
  nadir::Command* chosen = nullptr;
  nadir::add_command<nadir::TrainCommand>(app, commands, chosen);
  nadir::add_command<nadir::SweepCommand>(app, commands, chosen);
  nadir::add_command<nadir::EvaluateCommand>(app, commands, chosen);
  nadir::add_command<nadir::CompareCommand>(app, commands, chosen);
#ifdef NADIR_RASTER
  nadir::add_command<nadir::PredictCommand>(app, commands, chosen);
  nadir::add_command<nadir::ExplainCommand>(app, commands, chosen);
  nadir::add_command<nadir::SubmitCommand>(app, commands, chosen);
#endif
  nadir::add_command<nadir::GenerateCommand>(app, commands, chosen);
#ifdef NADIR_RASTER
  nadir::add_command<nadir::ScoreCommand>(app, commands, chosen);
#endif
  nadir::add_command<nadir::ConvertCommand>(app, commands, chosen);
  nadir::add_command<nadir::InfoCommand>(app, commands, chosen);
  nadir::add_command<nadir::ModelsCommand>(app, commands, chosen);
  nadir::add_command<nadir::SummaryCommand>(app, commands, chosen);
#ifdef NADIR_RASTER
  nadir::add_data_commands(app, commands, chosen);
#endif
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  return chosen->run();
}

}  // namespace

// Called by the launcher.
extern "C" int nadir_main(int argc, char** argv) {
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  try {
    return parse_and_run(argc, argv);
  } catch (const nadir::Interrupted& stop) {
    std::cerr << "nadir: " << stop.what() << "\n";
    return kInterrupted;
  } catch (const c10::Error& error) {
    std::cerr << "nadir: error in libtorch: " << error.what_without_backtrace() << "\n";
    return kFailed;
  } catch (const std::exception& error) {
    std::cerr << "nadir: error: " << error.what() << "\n";
    return kFailed;
  }
}
