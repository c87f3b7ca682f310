// docs/recipes.md has a row for everything that a recipe can say. New parts are found without an edit.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "nadir/train.h"
#include "train/diffusion/denoising.h"
#include "train/diffusion/diffusion_network.h"

namespace nadir {
namespace {

std::string document() {
  std::ifstream stream(std::string(NADIR_SOURCE_DIR) + "/docs/recipes.md");
  return {std::istreambuf_iterator<char>(stream), {}};
}

class RecipesDocument : public testing::Test {
 protected:
  void expect_named(const std::string& kind, const std::string& name) {
    EXPECT_NE(text_.find("`" + name + "`"), std::string::npos) << kind << " " << name;
  }
  // A table cell that holds the key, or its end: "early_stop.patience".
  void expect_row(const std::string& owner, const std::string& key) {
    const bool row = text_.find("| `" + key + "` |") != std::string::npos;
    const bool inner = text_.find("." + key + "` |") != std::string::npos;
    EXPECT_TRUE(row || inner) << "a setting of " << owner << " without a row: " << key;
  }
  void expect_rows(const std::string& owner, const ConfigNode& node) {
    for (const auto& [key, value] : node.entries()) {
      if (value.is_map()) {
        expect_rows(owner + "." + key, value);
      } else {
        expect_row(owner, key);
      }
    }
  }

  std::string text_ = document();
};

TEST_F(RecipesDocument, HasARowForEverySettingOfARecipe) {
  ASSERT_FALSE(text_.empty());
  expect_rows("recipe", write_config(Recipe{}));
  expect_rows("class", write_config(ClassInfo{}));
}

TEST_F(RecipesDocument, HasEveryPartAndItsSettings) {
  const std::vector<const ComponentCatalog*> catalogs = {
      &sources(),    &samplers(),  &transforms(), &batch_transforms(), &models(),          &losses(),
      &optimizers(), &schedules(), &metrics(),    &diffusion_models(), &denoising_losses()};
  for (const ComponentCatalog* catalog : catalogs) {
    for (const std::string& name : catalog->names()) {
      expect_named(catalog->kind(), name);
      try {
        expect_rows(name, catalog->resolve(name, {}));
      } catch (const ConfigError&) {
        // It has no default for a setting that must be given; its name is what can be looked for.
      }
    }
  }
}

TEST(RecipesFolder, HoldsRecipesThatRead) {
  int read = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(NADIR_SOURCE_DIR) + "/recipes")) {
    if (entry.path().extension() != ".yaml") continue;
    EXPECT_NO_THROW(read_recipe(entry.path())) << entry.path();
    ++read;
  }
  EXPECT_GE(read, 2);
}

#ifdef NADIR_RASTER  // most recipes read pictures or rasters
TEST(RecipeFiles, AllAreReadAndThoseOfTheStudiesAreExplained) {
  std::ifstream stream(std::string(NADIR_SOURCE_DIR) + "/docs/studies.md");
  const std::string studies{std::istreambuf_iterator<char>(stream), {}};
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(NADIR_SOURCE_DIR) + "/recipes")) {
    const Recipe recipe = read_recipe(entry.path());
    EXPECT_FALSE(recipe.model.name.empty()) << entry.path();
    ++files;
    const std::string name = entry.path().stem().string();
    const bool of_a_study = name.starts_with("clouds-") || name.starts_with("cityscapes-") ||
                            name.starts_with("water-") || name.starts_with("potsdam-");
    if (of_a_study) EXPECT_NE(studies.find("`" + name + "`"), std::string::npos) << name;
  }
  EXPECT_GT(files, 10);
}
#endif

}  // namespace
}  // namespace nadir
