#include "commands/data_inspect.h"

#include <iostream>

#include "console.h"
#include "core/text.h"
#include "nadir/nadir.h"
#include "table.h"
#include "train/run_setup.h"

namespace nadir {

DataInspectCommand::DataInspectCommand(CLI::App& app) {
  app.add_option("recipe", recipe_, "The recipe whose data to check")->required();
  app.add_option("overrides", overrides_, "Settings that replace the recipe's");
}

namespace {

std::vector<std::string> head_of(const std::vector<ClassInfo>& classes) {
  std::vector<std::string> head = {"scene", "size", "bands"};
  for (const ClassInfo& each : classes) head.push_back(each.name);
  head.push_back("ignored");
  return head;
}

std::vector<std::string> row_of(const Scene& scene, const SceneCheck& check) {
  std::vector<std::string> row = {scene.part.empty() ? scene.id : scene.id + " (" + scene.part + ")",
                                  std::to_string(scene.width) + " x " + std::to_string(scene.height),
                                  std::to_string(scene.bands)};
  for (const std::int64_t pixels : check.class_pixels) row.push_back(with_thousands(pixels));
  row.push_back(with_thousands(check.ignored));
  return row;
}

// A source that cannot even list its scenes has one problem.
std::shared_ptr<Source> open_source(const Recipe& recipe) {
  try {
    return sources().make(recipe.data.source, {target_task(recipe), recipe.classes, true});
  } catch (const DataError& error) {
    std::cout << "problem: " << error.what() << "\n1 problem\n";
    return nullptr;
  }
}

}  // namespace

int DataInspectCommand::run() {
  Console console;
  const Recipe recipe = read_recipe(recipe_, overrides_);
  const auto source = open_source(recipe);
  if (!source) return 1;
  const SourceCheck check = check_source(*source, static_cast<std::int64_t>(recipe.classes.size()), console);
  Table table(head_of(recipe.classes));
  for (std::size_t i = 0; i < check.scenes.size(); ++i)
    table.add(row_of(source->scenes()[i], check.scenes[i]));
  std::cout << table.text() << "\n";
  for (const std::string& each : source->remarks()) std::cout << "note: " << each << "\n";
  for (const std::string& each : check.problems) std::cout << "problem: " << each << "\n";
  const auto count = static_cast<std::int64_t>(check.problems.size());
  std::cout << (count == 0 ? "no problems\n" : counted(count, "problem") + "\n");
  return count == 0 ? 0 : 1;
}

}  // namespace nadir
