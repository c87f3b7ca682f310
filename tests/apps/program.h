// The real program, run as a user runs it.
#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "nadir/nadir.h"
#include "temporary_folder.h"

namespace nadir {

struct Outcome {
  int code = 0;
  std::string output;  // stdout
  std::string errors;  // stderr
};

// `arguments` is a piece of a shell command line.
inline Outcome run_nadir(const std::string& arguments) {
  const TemporaryFolder folder;
  const std::string errors = (folder / "stderr").string();
  FILE* pipe = popen(("{ " + std::string(NADIR_PROGRAM) + " " + arguments + "; } 2>" + errors).c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot run " + arguments);
  Outcome outcome;
  std::array<char, 4096> buffer;
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    outcome.output.append(buffer.data(), size);
  }
  const int status = pclose(pipe);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.errors = read_text_file(errors);
  return outcome;
}

inline std::string scene() { return std::string(NADIR_TEST_DATA) + "/landsat/L7_ETMs.tif"; }

// The demo's job on the real scene, with a network and patches that train in seconds.
inline std::string make_water_recipe(const TemporaryFolder& folder) {
  const std::string mask = (folder / "mask.tif").string();
  const Outcome index =
      run_nadir("data index " + scene() + " --bands green=2 swir1=5 --classes land water -o " + mask);
  if (index.code != 0) throw std::runtime_error(index.errors);
  const std::string recipe = (folder / "water.yaml").string();
  write_file_atomically(recipe,
                        "classes: [{name: land}, {name: water}]\n"
                        "data:\n"
                        "  source: {raster_pairs: {images: " +
                            scene() + ", masks: " + mask +
                            ", bands: [3, 2, 1]}}\n"
                            "  split: {train: 0.6, val: 0.2, test: 0.2, block: 64, seed: 1}\n"
                            "  sampler: {random_patch: {size: 32, per_image: 128}}\n"
                            "model: {unet: {start: 4}}\n"
                            "loss: {cross_entropy: 1, dice: 1}\n"
                            "optimizer: {adamw: {lr: 0.01}}\n"
                            "train: {epochs: 6, batch_size: 8, seed: 1, device: cpu}\n");
  return recipe;
}

}  // namespace nadir
