#include "core/text.h"
#include "nadir/train.h"
#include "train/logistic_regression.h"

namespace nadir {
namespace {

constexpr std::int64_t kMostPixels = 200'000;

struct Pixels {
  torch::Tensor features;  // [n, C] float64, normalised
  torch::Tensor labels;    // [n] int64
};

// The labelled pixels of a sample.
Pixels labelled_pixels(const Sample& sample, const Normalizer& normalizer) {
  const torch::Tensor valid = sample.valid.defined() ? sample.valid.unsqueeze(0) : sample.valid;
  const torch::Tensor image = normalizer(sample.image.unsqueeze(0), valid).squeeze(0);
  const torch::Tensor counted = sample.target.ne(kIgnore).reshape({-1}).nonzero().squeeze(1);
  Pixels pixels;
  pixels.features = image.flatten(1).t().index_select(0, counted).to(torch::kFloat64);
  pixels.labels = sample.target.reshape({-1}).index_select(0, counted).to(torch::kInt64);
  return pixels;
}

// As many of the pixels as are wanted of each sample, at random.
Pixels subset(const Pixels& pixels, std::int64_t most, RandomStream stream) {
  const std::int64_t size = pixels.labels.size(0);
  if (size <= most) return pixels;
  std::vector<std::int64_t> order = permutation(size, stream);
  order.resize(static_cast<std::size_t>(most));
  const torch::Tensor chosen = torch::tensor(order);
  return {pixels.features.index_select(0, chosen), pixels.labels.index_select(0, chosen)};
}

struct TrainingPixels {
  Pixels pixels;
  std::vector<std::int64_t> class_pixels;  // of the whole training part
};

TrainingPixels collect(const Dataset& train, const Normalizer& normalizer, std::int64_t classes,
                       std::uint64_t seed, ProgressObserver& observer) {
  const std::int64_t most_each =
      std::max<std::int64_t>(1, kMostPixels / std::max<std::int64_t>(1, train.size()));
  TrainingPixels result;
  result.class_pixels.assign(static_cast<std::size_t>(classes), 0);
  std::vector<torch::Tensor> features, labels;
  for (std::int64_t i = 0; i < train.size(); ++i) {
    const Pixels all = labelled_pixels(train.get(0, i), normalizer);
    const torch::Tensor counts = torch::bincount(all.labels, {}, classes);
    for (std::int64_t k = 0; k < classes; ++k) {
      result.class_pixels[static_cast<std::size_t>(k)] += counts[k].item<std::int64_t>();
    }
    const Pixels some =
        subset(all, most_each, RandomStream(seed).child("baseline").child(static_cast<std::uint64_t>(i)));
    features.push_back(some.features);
    labels.push_back(some.labels);
    observer.progress({"baselines: read the training part", i + 1, train.size(), ""});
  }
  result.pixels = {torch::cat(features), torch::cat(labels)};
  if (result.pixels.labels.size(0) == 0)
    throw DataError("the training part has no labelled pixel to fit baselines to");
  return result;
}

}  // namespace

std::vector<Baseline> evaluate_baselines(const Normalization& normalization, const Dataset& train,
                                         const Dataset& test, const LabelSpec& labels, std::uint64_t seed,
                                         ProgressObserver& observer) {
  const torch::InferenceMode inference;
  const auto classes = static_cast<std::int64_t>(labels.classes.size());
  const Normalizer normalizer(normalization);
  const TrainingPixels training = collect(train, normalizer, classes, seed, observer);
  const auto most = std::max_element(training.class_pixels.begin(), training.class_pixels.end());
  const std::int64_t majority = most - training.class_pixels.begin();
  const torch::Tensor weights =
      fit_logistic_regression(training.pixels.features, training.pixels.labels, classes);

  const auto bands = static_cast<std::int64_t>(normalization.mean.size());
  std::vector<Baseline> baselines = {
      {"majority class (" + labels.classes[static_cast<std::size_t>(majority)].name + ")",
       ConfusionMatrix(classes)},
      {"logistic regression on " + counted(bands, "band value"), ConfusionMatrix(classes)}};
  for (std::int64_t i = 0; i < test.size(); ++i) {
    const Pixels pixels = labelled_pixels(test.get(0, i), normalizer);
    baselines[0].matrix.add(pixels.labels, torch::full_like(pixels.labels, majority));
    baselines[1].matrix.add(pixels.labels, predict_logistic_regression(weights, pixels.features));
    observer.progress({"baselines: score the test part", i + 1, test.size(), ""});
  }
  return baselines;
}

}  // namespace nadir
