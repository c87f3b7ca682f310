// The training loop of a recipe on its own data: decoding, batches, network, loss, scores, optimizer.
//
//   train_loop RECIPE [STEPS [WARM-UP]] [key=value …]
//
// Prints one line of JSON: images a second over the steps after the warm-up, the median step with and without
// the time that it waited for its batch, and the share of waiting. Nothing is evaluated or saved.
// bench/train_cityscapes runs it in turns with a Python loop of the same job.

#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>

#include "models/precision.h"
#include "nadir/nadir.h"
#include "timing.h"
#include "train/batch_input.h"
#include "train/optimizers/clip.h"
#include "train/run_setup.h"
#include "train/task_scores.h"

namespace {

using namespace nadir;
using bench::median;
using Clock = std::chrono::steady_clock;

struct Arguments {
  std::string recipe;
  std::int64_t steps = 60, warm_up = 5;
  std::vector<std::string> overrides;
};

Arguments parse(int argc, char** argv) {
  Arguments found;
  std::vector<std::string> plain;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    (word.find('=') == std::string::npos ? plain : found.overrides).push_back(word);
  }
  if (plain.empty()) throw ConfigError("usage: train_loop RECIPE [STEPS [WARM-UP]] [key=value …]");
  found.recipe = plain[0];
  if (plain.size() > 1) found.steps = std::stoll(plain[1]);
  if (plain.size() > 2) found.warm_up = std::stoll(plain[2]);
  return found;
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

class Loop {
 public:
  explicit Loop(const Recipe& recipe)
      : recipe_(recipe),
        device_(choose_device(recipe.train.device)),
        data_(prepare_data(recipe)),
        loss_(recipe.loss, {data_.labels.task, static_cast<std::int64_t>(recipe.classes.size())}),
        scores_(task_scores(data_.labels, recipe.train)) {
    const torch::ScalarType type = pixel_type_of(*data_.source);
    BandStats stats;  // reading all pixels is no part of the loop
    const auto bands = data_.source->band_names().size();
    stats.mean.assign(bands, 0);
    stats.std.assign(bands, 1);
    stats.min.assign(bands, 0);
    stats.max.assign(bands, 1);
    const Normalization normalization = make_normalization(recipe.data.normalize, stats, type);
    model_ = make_network(recipe, make_card(recipe, data_, normalization, type), device_, silent_observer());
    model_->train();
    optimizer_ = make_optimizer(recipe, *model_);
    normalizer_.emplace(normalization);
    normalizer_->to(device_);
    loader_ = std::make_unique<Loader>(
        *data_.train,
        LoaderConfig{
            .batch_size = recipe.train.batch_size, .threads = recipe.train.loader_threads, .shuffle = true},
        seed_of(recipe));
    loader_->start(0);
  }

  // Images of the step, and how long it waited for them.
  std::pair<std::int64_t, double> step() {
    const Clock::time_point start = Clock::now();
    std::optional<Batch> batch = loader_->next();
    if (!batch) {
      loader_->start(++epoch_);
      batch = loader_->next();
    }
    const double waited = seconds_since(start);
    const NetworkInput input = make_input(*batch, *normalizer_, device_, recipe_.train.channels_last);
    ModelOutput output;
    {
      const AutocastGuard autocast(recipe_.train.precision, device_);
      output = model_->forward(input.images);
    }
    scores_.add(output.logits.detach(), input.targets);
    const torch::Tensor loss =
        loss_(output.logits, input.targets, output.auxiliary, recipe_.train.auxiliary_weights);
    optimizer_->zero_grad();
    loss.backward();
    if (recipe_.train.clip_norm > 0) clip_gradients(optimizer_->parameters(), recipe_.train.clip_norm);
    optimizer_->step(optimizer_->base_lr());
    if (!std::isfinite(loss.item<double>())) throw Error("the loss is not finite");
    return {batch->images.size(0), waited};
  }

 private:
  const Recipe& recipe_;
  torch::Device device_;
  PreparedData data_;
  TotalLoss loss_;
  TaskScores scores_;
  std::shared_ptr<Model> model_;
  std::unique_ptr<Optimizer> optimizer_;
  std::optional<Normalizer> normalizer_;
  std::unique_ptr<Loader> loader_;
  std::int64_t epoch_ = 0;
};

nlohmann::ordered_json measure(const Arguments& arguments) {
  const Recipe recipe = read_recipe(arguments.recipe, arguments.overrides);
  Loop loop(recipe);
  for (std::int64_t i = 0; i < arguments.warm_up; ++i) loop.step();
  std::vector<double> whole, network;
  double waited = 0;
  std::int64_t images = 0;
  const Clock::time_point begin = Clock::now();
  for (std::int64_t i = 0; i < arguments.steps; ++i) {
    const Clock::time_point start = Clock::now();
    const auto [count, wait] = loop.step();
    whole.push_back(seconds_since(start));
    network.push_back(whole.back() - wait);
    waited += wait;
    images += count;
  }
  const double seconds = seconds_since(begin);
  return {{"recipe", recipe.name},
          {"precision", recipe.train.precision},
          {"images_per_second", static_cast<double>(images) / seconds},
          {"median_step_seconds", median(whole)},
          {"median_step_without_wait_seconds", median(network)},
          {"wait_share", waited / seconds},
          {"peak_rss_mib", bench::peak_mib()}};
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::cout << measure(parse(argc, argv)).dump() << "\n";
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "train_loop: error: " << error.what() << "\n";
    return 1;
  }
}
