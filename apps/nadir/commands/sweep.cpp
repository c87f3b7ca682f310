#include "commands/sweep.h"

#include <iostream>
#include <map>

#include "child_process.h"
#include "console.h"
#include "core/text.h"
#include "run_comparison.h"

namespace nadir {

SweepCommand::SweepCommand(CLI::App& app) {
  app.add_option("recipe", recipe_, "The recipe, a YAML file")->required();
  // One value each: what follows is a setting of all runs.
  app.add_option("--over", over_, "A setting and its values: model=unet,enet or loss.beta=0:1:0.2")
      ->required()
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("overrides", overrides_, "Settings of all runs: train.epochs=5");
  app.add_option("-o,--output", output_,
                 "The folder to make, one run folder for each in it; default sweeps/NAME");
  app.add_option("--parallel", parallel_, "Runs at a time, each a process of its own")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
}

namespace {

// The last line of a log that says what went wrong.
std::string failure_of(const ProcessEnd& end, const std::filesystem::path& log) {
  if (end.signal != 0) return "ended by signal " + std::to_string(end.signal);
  const std::string text = read_text_file(log);
  const std::size_t error = text.rfind("nadir: error");
  if (error == std::string::npos) return "failed with exit code " + std::to_string(end.code);
  // All of it is in the log; a table has room for its beginning.
  constexpr std::size_t kMost = 90;
  const std::size_t begin = error + std::string("nadir: error: ").size();
  const std::string line = text.substr(begin, text.find('\n', begin) - begin);
  if (line.size() <= kMost) return line;
  return line.substr(0, line.rfind(' ', kMost)) + " …";
}

struct Running {
  std::size_t index = 0;
  std::filesystem::path log;
};

}  // namespace

std::vector<std::string> SweepCommand::arguments_of(const SweepRun& run, const RunFolder& folder) const {
  if (run_begun(folder)) return {"train", "--resume", folder.path().string()};
  std::vector<std::string> arguments = {"train", recipe_};
  arguments.insert(arguments.end(), overrides_.begin(), overrides_.end());
  arguments.insert(arguments.end(), run.overrides.begin(), run.overrides.end());
  arguments.insert(arguments.end(), {"-o", folder.path().string()});
  return arguments;
}

std::vector<RunOfMany> SweepCommand::train_all(const std::vector<SweepRun>& runs,
                                               const std::filesystem::path& folder, Console& console) const {
  std::vector<RunOfMany> all;
  for (const SweepRun& each : runs)
    all.push_back({.name = each.name, .folder = RunFolder(folder / each.name)});
  std::map<pid_t, Running> running;
  std::size_t next = 0;
  std::int64_t done = 0;
  const auto total = static_cast<std::int64_t>(runs.size());
  while (next < runs.size() || !running.empty()) {
    const bool room = static_cast<std::int64_t>(running.size()) < parallel_;
    if (next < runs.size() && room && !stop_requested()) {
      const std::size_t i = next++;
      if (run_finished(all[i].folder)) {
        console.message("[" + std::to_string(++done) + "/" + std::to_string(total) + "] " + runs[i].name +
                        ": finished before");
        continue;
      }
      console.message("[" + std::to_string(i + 1) + "/" + std::to_string(total) + "] " + runs[i].name +
                      (run_begun(all[i].folder) ? ": goes on" : ": begins"));
      const std::filesystem::path log = folder / (runs[i].name + ".log");
      running[start_nadir(arguments_of(runs[i], all[i].folder), log)] = {i, log};
      continue;
    }
    if (running.empty()) break;
    std::vector<pid_t> processes;
    for (const auto& [process, each] : running) processes.push_back(process);
    const ProcessEnd end = wait_for_any(processes);
    const Running ended = running.at(end.process);
    running.erase(end.process);
    ++done;
    if (end.code != 0 && !stop_requested()) {
      all[ended.index].failure = failure_of(end, ended.log);
      console.warning(runs[ended.index].name + ": " + all[ended.index].failure + "; its log is " +
                      ended.log.string());
    } else if (end.code == 0) {
      console.message(runs[ended.index].name + ": finished");
    }
    console.progress({"sweep", done, total, ""});
  }
  return all;
}

int SweepCommand::run() {
  Console console;
  const Recipe recipe = read_recipe(recipe_, overrides_);
  std::vector<SweepAxis> axes;
  for (const std::string& each : over_) axes.push_back(parse_axis(each));
  const std::vector<SweepRun> runs = sweep_runs(recipe, axes);
  // A misspelt setting is told now, not by each run.
  for (const SweepRun& each : runs) {
    std::vector<std::string> all = overrides_;
    all.insert(all.end(), each.overrides.begin(), each.overrides.end());
    read_recipe(recipe_, all);
  }
  const std::filesystem::path folder = output_.empty() ? "sweeps/" + recipe.name : output_;
  const std::vector<RunOfMany> trained = train_all(runs, folder, console);
  if (stop_requested()) {
    throw Interrupted("stopped; the same command goes on with the sweep in " + folder.string());
  }
  const std::string summary = "The recipe " + recipe.name + " with " + join_words(over_) + ": " +
                              counted(static_cast<std::int64_t>(runs.size()), "run") + ".";
  std::cout << write_comparison(trained, {recipe.name, summary}, folder / "report.html", console);
  for (const RunOfMany& each : trained) {
    if (!each.failure.empty()) return 1;
  }
  return 0;
}

}  // namespace nadir
