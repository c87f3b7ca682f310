// What loading costs beside training: samples a second of one core, and how long a training step waits for
// the loader while both run. Data and network are a recipe's, by default those of study 002's job on
// generated tensors. Loader alone, network alone (on one batch over and over) and both together take turns;
// medians over the rounds.
//
//   loader_bench [recipe.yaml] [steps a round, default 20] [rounds, default 3] [settings that replace the
//   recipe's …]
#include <torch/torch.h>

#include <functional>
#include <iomanip>
#include <iostream>

#include "data/pixel_types.h"
#include "models/placement.h"
#include "models/precision.h"
#include "nadir/nadir.h"
#include "timing.h"
#include "train/batch_input.h"

namespace {

using namespace nadir;
using bench::Cost;
using bench::measure;
using bench::median;

constexpr const char* kDefaultRecipe = R"(
task: multiclass
classes: [{name: a}, {name: b}, {name: c}, {name: d}, {name: e}, {name: f}, {name: g}, {name: h}]
data:
  source: {prepared: {file: FILE}}
  split: {train: 1, val: 0, test: 0, by: scene}
  sampler: {random_patch: {size: 128, per_image: 64}}
  augment: [flip, {rotate: {degrees: 15}}, brightness_contrast, {gaussian_noise: {probability: 0.5}}]
model: unet
loss: {cross_entropy: 1, dice: 1}
optimizer: {adam: {lr: 3e-4}}
train: {batch_size: 8, precision: bf16, loader_threads: 1}
)";

// Colours with a label each, 512 x 256, as street pictures are.
void write_scenes(const std::filesystem::path& file) {
  torch::manual_seed(1);
  SafeTensors contents;
  for (int i = 0; i < 16; ++i) {
    const torch::Tensor labels =
        torch::randint(0, 8, {16, 32}, torch::kByte).repeat_interleave(16, 0).repeat_interleave(16, 1);
    const torch::Tensor noise = torch::randint(0, 30, {3, 256, 512}, torch::kByte);
    contents.tensors.emplace_back("scene" + std::to_string(i) + "/image", noise + labels * 25);
    contents.tensors.emplace_back("scene" + std::to_string(i) + "/target", labels);
  }
  write_safetensors(file, contents);
}

Recipe default_recipe(const std::filesystem::path& folder) {
  write_scenes(folder / "scenes.safetensors");
  std::string yaml = kDefaultRecipe;
  yaml.replace(yaml.find("FILE"), 4, (folder / "scenes.safetensors").string());
  write_file_atomically(folder / "recipe.yaml", yaml);
  return read_recipe(folder / "recipe.yaml");
}

class Bench {
 public:
  Bench(const Recipe& recipe, std::int64_t steps)
      : recipe_(recipe),
        steps_(steps),
        data_(prepare_data(recipe)),
        normalizer_(normalization()),
        loss_(recipe.loss, {data_.labels.task, static_cast<std::int64_t>(recipe.classes.size())}),
        model_(models().make(recipe.model, {static_cast<std::int64_t>(data_.source->band_names().size()),
                                            static_cast<std::int64_t>(recipe.classes.size())})) {
    place_model(*model_, torch::kCPU, recipe.train.channels_last);
    NamedTensors parameters;
    for (const auto& each : model_->named_parameters()) parameters.emplace_back(each.key(), each.value());
    optimizer_ = optimizers().make(recipe.optimizer, parameters);
    model_->train();
  }

  void run(int rounds) {
    const auto alone = make_loader(0);
    const auto beside = make_loader(recipe_.train.loader_threads);
    const Batch batch = first_batch(*alone);
    step(batch);
    std::vector<double> load, network, whole, share;
    for (int round = 0; round < rounds; ++round) {
      const Cost loading = measure([&] { walk(*alone, round, [](const Batch&) {}); });
      load.push_back(loading.cpu);
      network.push_back(measure([&] {
                          for (std::int64_t i = 0; i < steps_; ++i) step(batch);
                        }).wall);
      double waited = 0;
      whole.push_back(
          measure([&] { waited = walk(*beside, round, [&](const Batch& each) { step(each); }); }).wall);
      share.push_back(waited / whole.back());
    }
    report(median(load), median(network), median(whole), median(share));
  }

 private:
  Normalization normalization() const {
    const torch::ScalarType type = data_.source->read(0, {0, 0, 1, 1}).image.scalar_type();
    const BandStats stats =
        band_statistics(*data_.source, data_.split.train, static_cast<std::int64_t>(recipe_.classes.size()));
    return make_normalization(recipe_.data.normalize, stats, type);
  }

  std::unique_ptr<Loader> make_loader(std::int64_t threads) const {
    return std::make_unique<Loader>(
        *data_.train,
        LoaderConfig{.batch_size = recipe_.train.batch_size, .threads = threads, .shuffle = true}, 1,
        data_.batch_transforms);
  }

  static Batch first_batch(Loader& loader) {
    loader.start(0);
    return loader.next().value();
  }

  // As many batches as a round has steps, over as many epochs as that takes; gives the seconds waited.
  double walk(Loader& loader, int round, const std::function<void(const Batch&)>& use) const {
    double waited = 0;
    std::int64_t done = 0;
    for (std::int64_t epoch = 1000 * round; done < steps_; ++epoch) {
      loader.start(epoch);
      while (done < steps_) {
        const auto batch = loader.next();
        if (!batch) break;
        use(*batch);
        ++done;
      }
      waited += loader.seconds_waited();
    }
    return waited;
  }

  void step(const Batch& batch) {
    const NetworkInput input = make_input(batch, normalizer_, torch::kCPU, recipe_.train.channels_last);
    ModelOutput output;
    {
      const AutocastGuard autocast(recipe_.train.precision, torch::kCPU);
      output = model_->forward(input.images);
    }
    optimizer_->zero_grad();
    loss_(output.logits, input.targets).backward();
    optimizer_->step(optimizer_->base_lr());
  }

  void report(double load, double network, double whole, double share) const {
    const auto images = static_cast<double>(steps_ * recipe_.train.batch_size);
    std::cout << std::fixed << std::setprecision(1) << "loader alone: " << images / load
              << " samples/s of one core\nnetwork alone: " << 1e3 * network / static_cast<double>(steps_)
              << " ms a step, " << images / network << " images/s\nboth: " << images / whole
              << " images/s\nloader wait: " << std::setprecision(2) << 100 * share
              << " % of the time; network alone / both: " << network / whole << "\n";
  }

  const Recipe recipe_;
  const std::int64_t steps_;
  const PreparedData data_;
  const Normalizer normalizer_;
  const TotalLoss loss_;
  const std::shared_ptr<Model> model_;
  std::unique_ptr<Optimizer> optimizer_;
};

void run(int argc, char** argv) {
  const auto folder = std::filesystem::temp_directory_path() / "nadir-loader-bench";
  std::filesystem::create_directories(folder);
  const std::vector<std::string> settings(argv + std::min(argc, 4), argv + argc);
  const bool given = argc > 1 && *argv[1] != '\0';
  const Recipe recipe = given ? read_recipe(argv[1], settings) : default_recipe(folder);
  const std::int64_t steps = argc > 2 ? std::stoll(argv[2]) : 20;
  std::cout << recipe.name << ": " << recipe.data.source.name << ", " << recipe.model.name << ", batches of "
            << recipe.train.batch_size << ", " << recipe.train.precision << ", " << torch::get_num_threads()
            << " threads and " << recipe.train.loader_threads << " of the loader\n";
  Bench(recipe, steps).run(argc > 3 ? std::stoi(argv[3]) : 3);
  std::filesystem::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "loader_bench: " << error.what() << "\n";
    return 1;
  }
}
