#include "commands/data_inspect.h"

#include <iostream>

#include "console.h"
#include "core/text.h"
#include "nadir/nadir.h"
#include "table.h"

namespace nadir {

DataInspectCommand::DataInspectCommand(CLI::App& app) {
  app.add_option("recipe", recipe_, "The recipe whose data to check")->required();
  app.add_option("overrides", overrides_, "Settings that replace the recipe's");
}

namespace {

constexpr std::int64_t kWindow = 512;

struct SceneCheck {
  std::vector<std::int64_t> class_pixels;
  std::int64_t ignored = 0;
  std::vector<std::string> problems;
};

// Reads every pixel of a scene and keeps going after a problem.
SceneCheck check_scene(const Source& source, std::int64_t scene, std::int64_t classes) {
  SceneCheck check;
  check.class_pixels.assign(static_cast<std::size_t>(classes), 0);
  const Scene& info = source.scenes()[static_cast<std::size_t>(scene)];
  for (std::int64_t row = 0; row < info.height; row += kWindow) {
    for (std::int64_t column = 0; column < info.width; column += kWindow) {
      try {
        const Sample sample = source.read(scene, {row, column, std::min(kWindow, info.height - row),
                                                  std::min(kWindow, info.width - column)});
        if (!sample.target.defined()) continue;
        const torch::Tensor counts = torch::bincount(sample.target.reshape({-1}), {}, 256);
        for (std::int64_t k = 0; k < classes; ++k) {
          check.class_pixels[static_cast<std::size_t>(k)] += counts[k].item<std::int64_t>();
        }
        check.ignored += counts[kIgnore].item<std::int64_t>();
      } catch (const Error& error) {
        check.problems.emplace_back(error.what());
      }
    }
  }
  return check;
}

}  // namespace

int DataInspectCommand::run() {
  Console console;
  const Recipe recipe = read_recipe(recipe_, overrides_);
  const auto source = sources().make(recipe.data.source, {parse_task(recipe.task), recipe.classes});
  const auto classes = static_cast<std::int64_t>(recipe.classes.size());
  std::vector<std::string> head = {"scene", "size", "bands"};
  for (const ClassInfo& each : recipe.classes) head.push_back(each.name);
  head.push_back("ignored");
  Table table(head);
  std::vector<std::string> problems;
  const auto& scenes = source->scenes();
  for (std::size_t i = 0; i < scenes.size(); ++i) {
    const SceneCheck check = check_scene(*source, static_cast<std::int64_t>(i), classes);
    std::vector<std::string> row = {
        scenes[i].id, std::to_string(scenes[i].width) + " x " + std::to_string(scenes[i].height),
        std::to_string(scenes[i].bands)};
    for (const std::int64_t pixels : check.class_pixels) row.push_back(with_thousands(pixels));
    row.push_back(with_thousands(check.ignored));
    table.add(row);
    problems.insert(problems.end(), check.problems.begin(), check.problems.end());
    console.progress(
        {"inspect", static_cast<std::int64_t>(i) + 1, static_cast<std::int64_t>(scenes.size()), ""});
  }
  std::cout << table.text() << "\n";
  for (const std::string& each : source->remarks()) std::cout << "note: " << each << "\n";
  for (const std::string& each : problems) std::cout << "problem: " << each << "\n";
  std::cout << (problems.empty() ? "no problems\n"
                                 : counted(static_cast<std::int64_t>(problems.size()), "problem") + "\n");
  return problems.empty() ? 0 : 1;
}

}  // namespace nadir
