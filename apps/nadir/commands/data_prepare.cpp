#include "commands/data_prepare.h"

#include <iostream>
#include <set>

#include "console.h"
#include "core/text.h"
#include "nadir/nadir.h"

namespace nadir {

DataPrepareCommand::DataPrepareCommand(CLI::App& app) {
  app.add_option("recipe", recipe_, "The recipe whose data to store")->required();
  app.add_option("overrides", overrides_, "Settings that replace the recipe's");
  app.add_option("-o,--output", output_, "The file (.safetensors)")->required();
  app.add_option("--part", parts_, "train, val, test; again for several; default: all")
      ->check(CLI::IsMember({"train", "val", "test"}));
  app.add_option("--draw", draw_,
                 "Of the training part, the patches of so many epochs of the recipe's sampler; default: the "
                 "part's whole regions, from which any sampler can draw")
      ->check(CLI::Range(1, 1000));
}

namespace {

// The windows that the recipe's sampler draws, each once.
std::vector<Region> drawn_patches(const Recipe& recipe, const PreparedData& data, std::int64_t epochs) {
  const auto sampler =
      samplers().make(recipe.data.sampler, SamplerContext{data.source, data.split.train, recipe.classes,
                                                          static_cast<std::uint64_t>(recipe.train.seed)});
  std::vector<Region> patches;
  std::set<std::array<std::int64_t, 3>> seen;
  for (std::int64_t epoch = 0; epoch < epochs; ++epoch) {
    for (std::int64_t i = 0; i < sampler->size(); ++i) {
      const Region patch = sampler->at(epoch, i);
      if (seen.insert({patch.scene, patch.window.row, patch.window.column}).second) patches.push_back(patch);
    }
  }
  return patches;
}

}  // namespace

int DataPrepareCommand::run() {
  Console console;
  const Recipe recipe = read_recipe(recipe_, overrides_);
  const PreparedData data = prepare_data(recipe);
  const std::set<std::string> wanted(parts_.begin(), parts_.end());
  Split split = data.split;
  if (draw_ > 0) split.train = drawn_patches(recipe, data, draw_);
  if (!wanted.empty()) {
    if (!wanted.contains("train")) split.train.clear();
    if (!wanted.contains("val")) split.val.clear();
    if (!wanted.contains("test")) split.test.clear();
  }
  const PreparedSummary summary = write_prepared(*data.source, split, output_, console);
  std::cout << "wrote " << output_ << ": " << counted(summary.samples, "sample") << ", "
            << human_bytes(summary.bytes) << "\n"
            << "train on it with data.source: {prepared: {file: "
            << std::filesystem::path(output_).filename().string() << "}} and data.split: {by: source}\n";
  return 0;
}

}  // namespace nadir
