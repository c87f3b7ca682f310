#include "commands/compare.h"

#include <iostream>

#include "console.h"
#include "core/text.h"
#include "run_comparison.h"

namespace nadir {

CompareCommand::CompareCommand(CLI::App& app) {
  app.add_option("runs", runs_, "Run folders")->required();
  app.add_option("--part", part_,
                 "Score every model's best weights on train, val or test; by default what training kept")
      ->check(CLI::IsMember({"train", "val", "test"}));
  app.add_option("-o,--output", report_, "The page to write")->capture_default_str();
}

int CompareCommand::run() {
  Console console;
  std::vector<RunOfMany> runs;
  for (const std::string& each : runs_) {
    const RunFolder folder(each);
    for (const auto& file : {folder.recipe(), folder.metrics_jsonl(), folder.best()}) {
      if (std::filesystem::exists(file)) continue;
      throw ConfigError(each + ": is not a run with a finished epoch: " + file.filename().string() +
                        " is missing");
    }
    // "runs/unet/" is called unet.
    std::filesystem::path path = std::filesystem::absolute(each).lexically_normal();
    if (!path.has_filename()) path = path.parent_path();
    runs.push_back({.name = path.filename().string(), .folder = folder});
  }
  const std::string summary = counted(static_cast<std::int64_t>(runs.size()), "run") + " side by side.";
  std::cout << write_comparison(runs, {"Comparison", summary, part_}, report_, console);
  return 0;
}

}  // namespace nadir
