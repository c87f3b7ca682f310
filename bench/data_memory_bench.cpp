// Peak memory of the program over a raster that does not fit in memory: `nadir data stats`, and `nadir train`
// with random and with class-balanced patches, on a generated raster of three bands with its mask. Prints the
// peak resident set of each; it must not grow with the raster.
//
//   data_memory_bench PROGRAM [side, default 20000] [folder, default a temporary one, removed at the end]
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "nadir/nadir.h"

namespace {

using namespace nadir;
namespace fs = std::filesystem;

constexpr std::int64_t kRows = 512;  // written at a time

// Lakes on a plain: pixels whose place decides what they are.
void generate(const fs::path& folder, std::int64_t side) {
  GeoReference geo;
  geo.transform = {{500000, 10, 0, 6000000, 0, -10}};
  RasterWriter image(folder / "image.tif",
                     {.height = side, .width = side, .bands = 3, .geo = geo, .overviews = false});
  RasterWriter mask(folder / "mask.tif", {.height = side, .width = side, .geo = geo, .overviews = false});
  const torch::Tensor columns = torch::arange(side).to(torch::kFloat32).view({1, -1});
  for (std::int64_t row = 0; row < side; row += kRows) {
    const std::int64_t count = std::min(kRows, side - row);
    const torch::Tensor rows = torch::arange(row, row + count).to(torch::kFloat32).view({-1, 1});
    const torch::Tensor water = (rows * 0.011).sin().mul((columns * 0.007).cos()).gt(0.4);
    const torch::Tensor texture = (rows * 13 + columns * 7).remainder(31);
    std::vector<torch::Tensor> bands;
    for (const double dark : {20.0, 60.0, 90.0})
      bands.push_back(torch::where(water, texture + dark, texture + 130));
    const Window window{row, 0, count, side};
    image.write(window, torch::stack(bands).to(torch::kUInt8));
    mask.write(window, water.to(torch::kUInt8).unsqueeze(0));
  }
  image.finish();
  mask.finish();
}

std::string write_recipe(const fs::path& folder) {
  const std::string recipe = (folder / "memory.yaml").string();
  write_file_atomically(recipe,
                        "classes: [{name: land}, {name: water}]\n"
                        "data:\n"
                        "  source: {raster_pairs: {images: " +
                            (folder / "image.tif").string() + ", masks: " + (folder / "mask.tif").string() +
                            "}}\n"
                            "  split: {train: 0.998, val: 0.001, test: 0.001}\n"
                            "  sampler: {random_patch: {size: 128, per_epoch: 160}}\n"
                            "  normalize: {scale: type_range, mean: zero, std: one}\n"
                            "model: {unet: {start: 8}}\n"
                            "loss: {cross_entropy: 1}\n"
                            "optimizer: {adamw: {lr: 0.001}}\n"
                            "train: {epochs: 1, batch_size: 16, device: cpu}\n");
  return recipe;
}

// Runs the program and prints its peak resident set and time.
void measure(const std::string& what, const std::vector<std::string>& words) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    if (!std::freopen("/dev/null", "w", stdout)) _exit(127);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw DataError(what + ": the program failed");
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("%-34s %7.0f MiB peak, %6.1f s\n", what.c_str(), static_cast<double>(usage.ru_maxrss) / 1024,
              seconds);
  std::fflush(stdout);
}

int run(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: data_memory_bench PROGRAM [side] [folder]\n";
    return 2;
  }
  const std::string program = argv[1];
  const std::int64_t side = argc > 2 ? std::stoll(argv[2]) : 20000;
  const bool keep = argc > 3;
  const fs::path folder =
      keep ? fs::path(argv[3]) : fs::temp_directory_path() / ("nadir-memory-" + std::to_string(getpid()));
  fs::create_directories(folder);
  if (!fs::exists(folder / "mask.tif")) generate(folder, side);
  const std::string recipe = write_recipe(folder);
  const std::string balanced = "data.sampler={balanced_patch: {size: 128, per_epoch: 160}}";
  std::printf("%lld x %lld pixels, 3 bands of uint8\n", static_cast<long long>(side),
              static_cast<long long>(side));
  measure("data stats", {program, "data", "stats", recipe});
  measure("train, random_patch", {program, "train", recipe, "-o", (folder / "random").string()});
  measure("train, balanced_patch",
          {program, "train", recipe, balanced, "-o", (folder / "balanced").string()});
  for (const char* made : {"random", "balanced"}) fs::remove_all(folder / made);
  if (!keep) fs::remove_all(folder);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "data_memory_bench: " << error.what() << "\n";
    return 1;
  }
}
