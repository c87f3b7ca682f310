// What a sample costs on one core, in processor time: Cityscapes pairs at 128 pixels as study 002 reads them,
// and cloud photographs at 256 x 384 as study 001 does. Beside them the same job in Python where its script
// is given.
//
//   data_bench [CITYSCAPES [CLOUDS]] [--peer 'python train_cityscapes.py'] [--rounds 5] [--images 300]
//
// Without folders, both sets are made. CITYSCAPES holds train/ with the pairs; CLOUDS a set of Kaggle's
// layout (nadir data demo-clouds makes one). The peer is run with `--measure data --size 128` and
// PEER_CLOCK=cpu, in turns with nadir; medians are printed.

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iomanip>
#include <iostream>
#include <map>
#include <sstream>

#include "data/demo_clouds.h"
#include "nadir/data.h"
#include "pictures/picture.h"
#include "timing.h"

namespace {

using namespace nadir;
using bench::median;
using bench::thread_seconds;

struct Options {
  std::string cityscapes, clouds, peer;
  std::int64_t rounds = 5, images = 300;
};

LabelSpec labels_of(Task task, const std::vector<std::string>& names) {
  LabelSpec labels{task, {}};
  for (const std::string& name : names) labels.classes.push_back({.name = name, .color = ""});
  complete_classes(labels.classes);
  return labels;
}

std::shared_ptr<Source> open(const std::string& name, const std::string& options, const LabelSpec& labels) {
  return sources().make(name, parse_yaml(options, "bench"), labels);
}

// Samples a second over the first `images` scenes, read whole.
double samples_per_second(const Source& source, std::int64_t images) {
  const std::int64_t count = std::min(images, static_cast<std::int64_t>(source.scenes().size()));
  const double begin = thread_seconds();
  for (std::int64_t i = 0; i < count; ++i) {
    const Scene& scene = source.scenes()[static_cast<std::size_t>(i)];
    source.read(i, {0, 0, scene.height, scene.width});
  }
  return static_cast<double>(count) / (thread_seconds() - begin);
}

double decodes_per_second(const Source& source, std::int64_t images) {
  const std::int64_t count = std::min(images, static_cast<std::int64_t>(source.scenes().size()));
  const double begin = thread_seconds();
  for (std::int64_t i = 0; i < count; ++i) read_picture(source.scenes()[static_cast<std::size_t>(i)].path);
  return static_cast<double>(count) / (thread_seconds() - begin);
}

// Images a second of each stage that the peer prints: "  whole   516.0 images/s …".
std::map<std::string, double> run_peer(const Options& options) {
  const std::string command = "PEER_CLOCK=cpu OMP_NUM_THREADS=1 " + options.peer +
                              " --measure data --size 128 --images " + std::to_string(options.images) +
                              " --data " + options.cityscapes;
  FILE* pipe = popen(command.c_str(), "r");
  std::map<std::string, double> stages;
  std::array<char, 512> line{};
  while (pipe && std::fgets(line.data(), line.size(), pipe)) {
    std::istringstream words(line.data());
    std::string name, unit;
    double rate = 0;
    if (words >> name >> rate >> unit && unit == "images/s") stages[name] = rate;
  }
  if (!pipe || pclose(pipe) != 0 || !stages.contains("whole"))
    throw std::runtime_error("the peer failed: " + command);
  // The study decodes, resizes and then labels by distances and a Python call a pixel.
  stages["study"] = 1 / (1 / stages["decode"] + 1 / stages["resize"] + 1 / stages["study_labels"]);
  return stages;
}

using Rates = std::map<std::string, std::vector<double>>;

void print(const Rates& rates, const std::string& base) {
  const double unit = median(rates.at(base));
  for (const auto& [name, values] : rates) {
    const double rate = median(values);
    std::cout << "  " << std::left << std::setw(36) << name << std::right << std::fixed
              << std::setprecision(2) << std::setw(8) << rate / unit << " x " << std::setprecision(1)
              << std::setw(9) << rate << " samples/s\n";
  }
}

void bench_cityscapes(const Options& options) {
  const LabelSpec labels = labels_of(
      Task::kMulticlass, {"void", "flat", "construction", "object", "nature", "sky", "human", "vehicle"});
  const std::string root = "{root: \"" + options.cityscapes + "\", size: 128";
  const auto exact = open("cityscapes_pairs", root + "}", labels);
  const auto scaled = open("cityscapes_pairs", root + ", scaled_decode: true}", labels);
  Rates rates;
  for (std::int64_t round = 0; round < options.rounds; ++round) {
    if (!options.peer.empty()) {
      std::map<std::string, double> stages = run_peer(options);
      rates["Python, the study's own code"].push_back(stages["study"]);
      rates["Python, well written"].push_back(stages["whole"]);
      rates["Python, decoded at half size"].push_back(stages["half_decode_whole"]);
    }
    rates["nadir, JPEG decoding alone"].push_back(decodes_per_second(*exact, options.images));
    rates["nadir, the study's pixels"].push_back(samples_per_second(*exact, options.images));
    rates["nadir, decoded at half size"].push_back(samples_per_second(*scaled, options.images));
  }
  std::cout << "Cityscapes pairs at 128 x 128, one core, processor time, medians of " << options.rounds
            << " rounds\n";
  print(rates, options.peer.empty() ? "nadir, JPEG decoding alone" : "Python, well written");
}

void bench_clouds(const Options& options) {
  const LabelSpec labels = labels_of(Task::kMultilabel, {"Fish", "Flower", "Gravel", "Sugar"});
  const std::string root = "{root: \"" + options.clouds + "\", size: [256, 384]";
  const std::map<std::string, std::string> ways = {
      {"nadir, RGB, the studies' pixels", "}"},
      {"nadir, gray, the studies' pixels", ", color: gray}"},
      {"nadir, RGB, scaled decoding", ", scaled_decode: true}"},
      {"nadir, gray, scaled decoding", ", color: gray, scaled_decode: true}"}};
  std::map<std::string, std::shared_ptr<Source>> opened;
  for (const auto& [name, more] : ways) opened[name] = open("kaggle_clouds", root + more, labels);
  Rates rates;
  for (std::int64_t round = 0; round < options.rounds; ++round) {
    rates["nadir, JPEG decoding alone"].push_back(
        decodes_per_second(*opened.begin()->second, options.images));
    for (const auto& [name, source] : opened)
      rates[name].push_back(samples_per_second(*source, options.images));
  }
  std::cout << "Clouds at 256 x 384, one core, processor time, medians of " << options.rounds << " rounds\n";
  print(rates, "nadir, JPEG decoding alone");
}

// Files that go when the program ends.
class Workplace {
 public:
  Workplace() : folder_(std::filesystem::temp_directory_path() / "nadir-data-bench") {
    std::filesystem::create_directories(folder_);
  }
  ~Workplace() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  std::string operator/(const char* name) const { return (folder_ / name).string(); }

 private:
  std::filesystem::path folder_;
};

// Pairs of 512 x 256: smooth noise on the left, patches of Cityscapes' colours on the right.
void make_pairs(const std::string& folder, std::int64_t count) {
  const torch::Tensor colors =
      torch::tensor({{128, 64, 128}, {70, 70, 70}, {107, 142, 35}, {70, 130, 180}, {0, 0, 142}});
  for (std::int64_t i = 0; i < count; ++i) {
    const torch::Tensor noise = torch::rand({1, 3, 32, 32}) * 255;
    const torch::Tensor photo =
        torch::upsample_bilinear2d(noise, {256, 256}, false).squeeze(0).permute({1, 2, 0});
    const torch::Tensor patches = colors.index({torch::randint(0, 5, {16, 16})});
    const torch::Tensor label = patches.repeat_interleave(16, 0).repeat_interleave(16, 1);
    const torch::Tensor pair = torch::cat({photo.to(torch::kUInt8), label.to(torch::kUInt8)}, 1);
    write_file_atomically(std::filesystem::path(folder) / "train" / (std::to_string(i) + ".jpg"),
                          encode_jpeg_file(pair, 90));
  }
}

Options parse(int argc, char** argv) {
  Options options;
  std::vector<std::string> folders;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&] {
      return std::string(i + 1 < argc ? argv[++i] : throw std::runtime_error(word + " needs a value"));
    };
    if (word == "--peer") {
      options.peer = value();
    } else if (word == "--rounds") {
      options.rounds = std::max(1, std::stoi(value()));
    } else if (word == "--images") {
      options.images = std::max(1, std::stoi(value()));
    } else {
      folders.push_back(word);
    }
  }
  if (folders.empty())
    throw std::runtime_error("data_bench CITYSCAPES [CLOUDS] [--peer COMMAND] [--rounds N] [--images N]");
  options.cityscapes = folders[0];
  if (folders.size() > 1) options.clouds = folders[1];
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    torch::set_num_threads(1);
    Options options = parse(argc, argv);
    const Workplace folder;
    if (options.cityscapes.empty()) {
      options.cityscapes = folder / "pairs";
      options.clouds = folder / "clouds";
      make_pairs(options.cityscapes, 64);
      write_demo_clouds(options.clouds, {.images = 6, .test_images = 1});
    }
    bench_cityscapes(options);
    if (!options.clouds.empty()) bench_clouds(options);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "data_bench: " << error.what() << "\n";
    return 1;
  }
}
