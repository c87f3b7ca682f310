// Model files for tests of the program.
#pragma once

#include <torch/torch.h>

#include <string>

#include "nadir/nadir.h"
#include "temporary_folder.h"

namespace nadir {

// Of a network that finds land and water in a Landsat scene's red, green and blue.
inline ModelCard land_and_water(const std::string& name, const std::string& options) {
  ModelCard card;
  card.nadir_version = version();
  card.architecture = {name, models().resolve(name, parse_yaml("{" + options + "}", "test"))};
  card.classes = {{"land", "#b59a6a", 0}, {"water", "#1f6feb", 1}};
  card.bands = {"red", "green", "blue"};
  card.band_numbers = {3, 2, 1};
  card.pixel_type = "uint8";
  card.normalization = {"none", {0, 0, 0}, {1, 1, 1}, {60, 60, 60}, {20, 20, 20}};
  card.tile = 64;
  return card;
}

inline void save_untrained(const std::filesystem::path& file, const ModelCard& card) {
  torch::manual_seed(1);
  save_model(file, *models().make(card.architecture, {std::ssize(card.bands), std::ssize(card.classes)}),
             card);
}

// One that finds land and water, untrained, written to NAME.safetensors. Gives the file.
inline std::string write_model(const TemporaryFolder& folder, const std::string& name,
                               const std::string& options, Task task = Task::kMulticlass) {
  ModelCard card = land_and_water(name, options);
  card.task = task;
  const std::string file = (folder / (name + ".safetensors")).string();
  save_untrained(file, card);
  return file;
}

}  // namespace nadir
