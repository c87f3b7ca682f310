#include "train/submission.h"

#include <nlohmann/json.hpp>
#include <numeric>

#include "core/text.h"
#include "data/csv.h"
#include "data/run_lengths.h"
#include "data/sources/kaggle_clouds.h"

namespace nadir {
namespace {

const std::vector<double> kThresholds = {0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8};
const std::vector<std::int64_t> kSizes = {0, 250, 500, 1000, 2500, 5000, 10000, 15000, 20000};

const Component& cloud_source(const Recipe& recipe) {
  if (recipe.data.source.name == "kaggle_clouds") return recipe.data.source;
  throw ConfigError("submissions are made for runs of source kaggle_clouds; this run's is " +
                    recipe.data.source.name);
}

// A network that gives probabilities of whole pictures at the size that is scored.
class CloudNetwork {
 public:
  CloudNetwork(const Recipe& recipe, const LoadedModel& model, std::int64_t height, std::int64_t width)
      : model_(model.model),
        normalize_(model.card.normalization),
        device_(choose_device(recipe.train.device)),
        size_{height, width} {
    model_->to(device_);
    model_->eval();
    normalize_.to(device_);
  }
  // [K, height, width] float32 on the CPU
  torch::Tensor operator()(const Sample& sample) const {
    const torch::NoGradGuard no_grad;
    const torch::Tensor input = normalize_(sample.image.unsqueeze(0).to(device_));
    const torch::Tensor probabilities = (*model_)(input).sigmoid();
    return torch::upsample_bilinear2d(probabilities, size_, false).squeeze(0).cpu();
  }

 private:
  std::shared_ptr<Model> model_;
  Normalizer normalize_;
  torch::Device device_;
  std::vector<std::int64_t> size_;
};

// Mean Dice of every threshold and least size of a class, image by image.
class RuleTable {
 public:
  RuleTable() : sums_(kThresholds.size() * kSizes.size()) {}

  // probability: [H, W] float32; truth: [H, W] uint8
  void add(const torch::Tensor& probability, const torch::Tensor& truth) {
    const auto true_pixels = truth.sum().item<std::int64_t>();
    for (std::size_t t = 0; t < kThresholds.size(); ++t) {
      const MaskAreas areas = find_areas(probability.gt(kThresholds[t]));
      const std::vector<std::int64_t> hits = hits_of(areas, truth);
      for (std::size_t s = 0; s < kSizes.size(); ++s) {
        std::int64_t said = 0, hit = 0;
        for (std::size_t i = 0; i < hits.size(); ++i) {
          if (areas.sizes[i] < kSizes[s]) continue;
          said += areas.sizes[i];
          hit += hits[i];
        }
        const std::int64_t both = said + true_pixels;
        sums_[t * kSizes.size() + s] +=
            both == 0 ? 1.0 : 2.0 * static_cast<double>(hit) / static_cast<double>(both);
      }
    }
    ++images_;
  }

  void best(SubmissionRule& rule) const {
    const auto found = std::max_element(sums_.begin(), sums_.end());
    const auto at = static_cast<std::size_t>(found - sums_.begin());
    rule.threshold.push_back(kThresholds[at / kSizes.size()]);
    rule.min_size.push_back(kSizes[at % kSizes.size()]);
    rule.dice.push_back(*found / static_cast<double>(images_));
  }

 private:
  static std::vector<std::int64_t> hits_of(const MaskAreas& areas, const torch::Tensor& truth) {
    std::vector<std::int64_t> hits(areas.sizes.size());
    const auto* label = areas.labels.const_data_ptr<std::int32_t>();
    const auto* set = truth.const_data_ptr<std::uint8_t>();
    for (std::int64_t i = 0; i < truth.numel(); ++i) {
      if (label[i] > 0 && set[i] != 0) ++hits[static_cast<std::size_t>(label[i] - 1)];
    }
    return hits;
  }

  std::vector<double> sums_;  // by threshold, then size
  std::int64_t images_ = 0;
};

// The same scenes with their masks at the size that is scored.
std::shared_ptr<Source> scored_source(const Recipe& recipe, const SubmissionRule& rule) {
  ConfigNode options = cloud_source(recipe).options;
  options.set("size", ConfigNode::list({ConfigNode::scalar(std::to_string(rule.height)),
                                        ConfigNode::scalar(std::to_string(rule.width))}));
  options.set("mask_resize", ConfigNode::scalar("floor_nearest"));
  options.set("scaled_decode", ConfigNode::scalar("false"));
  return sources().make("kaggle_clouds", options, {parse_task(recipe.task), recipe.classes});
}

// Sets the pixels of areas that are large enough.
torch::Tensor large_areas(const torch::Tensor& mask, std::int64_t min_size) {
  const MaskAreas areas = find_areas(mask);
  torch::Tensor kept = torch::zeros(areas.labels.sizes(), torch::kUInt8);
  const auto* label = areas.labels.const_data_ptr<std::int32_t>();
  auto* const to = kept.mutable_data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < kept.numel(); ++i) {
    to[i] = label[i] > 0 && areas.sizes[static_cast<std::size_t>(label[i] - 1)] >= min_size;
  }
  return kept;
}

// Numbers of areas that turn out to be one.
class Unions {
 public:
  std::int32_t fresh() {
    parents_.push_back(static_cast<std::int32_t>(parents_.size()));
    return parents_.back();
  }
  std::int32_t root(std::int32_t i) {
    while (parents_[static_cast<std::size_t>(i)] != i) {
      auto& parent = parents_[static_cast<std::size_t>(i)];
      i = parent = parents_[static_cast<std::size_t>(parent)];
    }
    return i;
  }
  void join(std::int32_t a, std::int32_t b) {
    a = root(a);
    b = root(b);
    parents_[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);
  }
  std::size_t size() const { return parents_.size(); }

 private:
  std::vector<std::int32_t> parents_ = {0};  // 0: no area
};

}  // namespace

MaskAreas find_areas(const torch::Tensor& mask) {
  const torch::Tensor set = mask.ne(0).contiguous();
  const std::int64_t height = set.size(0), width = set.size(1);
  MaskAreas areas{torch::zeros({height, width}, torch::kInt32), {}};
  const bool* is_set = set.const_data_ptr<bool>();
  auto* const label = areas.labels.mutable_data_ptr<std::int32_t>();
  Unions unions;
  for (std::int64_t y = 0, i = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x, ++i) {
      if (!is_set[i]) continue;
      const std::int32_t before[] = {x > 0 ? label[i - 1] : 0, y > 0 && x > 0 ? label[i - width - 1] : 0,
                                     y > 0 ? label[i - width] : 0,
                                     y > 0 && x + 1 < width ? label[i - width + 1] : 0};
      for (const std::int32_t each : before) {
        if (each == 0) continue;
        if (label[i] == 0) label[i] = each;
        unions.join(label[i], each);
      }
      if (label[i] == 0) label[i] = unions.fresh();
    }
  }
  std::vector<std::int32_t> numbers(unions.size());
  for (std::int64_t i = 0; i < set.numel(); ++i) {
    if (label[i] == 0) continue;
    std::int32_t& number = numbers[static_cast<std::size_t>(unions.root(label[i]))];
    if (number == 0) {
      areas.sizes.push_back(0);
      number = static_cast<std::int32_t>(areas.sizes.size());
    }
    label[i] = number;
    ++areas.sizes[static_cast<std::size_t>(number - 1)];
  }
  return areas;
}

SubmissionRule tune_submission(const Recipe& recipe, const LoadedModel& model,
                               const std::filesystem::path& stored_split, ProgressObserver& observer) {
  SubmissionRule rule;
  const auto truth = scored_source(recipe, rule);
  const PreparedData data = prepare_data(recipe, stored_split);
  const std::vector<Region>& part = data.split.val.empty() ? data.split.train : data.split.val;
  const CloudNetwork network(recipe, model, rule.height, rule.width);
  std::vector<RuleTable> tables(recipe.classes.size());
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (stop_requested()) throw Interrupted("the search for thresholds was interrupted");
    const torch::Tensor probabilities = network(data.source->read(part[i].scene, part[i].window));
    const torch::Tensor masks = truth->read_target(part[i].scene, {0, 0, rule.height, rule.width});
    for (std::size_t k = 0; k < tables.size(); ++k) {
      const auto plane = static_cast<std::int64_t>(k);
      tables[k].add(probabilities[plane], masks[plane].contiguous());
    }
    observer.progress({"tune", static_cast<std::int64_t>(i) + 1, static_cast<std::int64_t>(part.size()), ""});
  }
  for (const RuleTable& table : tables) table.best(rule);
  return rule;
}

Submission make_submission(const Recipe& recipe, const LoadedModel& model, const SubmissionRule& rule,
                           const std::string& images, ProgressObserver& observer) {
  const auto config = read_config<KaggleCloudsConfig>(cloud_source(recipe).options, "kaggle_clouds");
  const auto source = make_cloud_pictures(images, config);
  const CloudNetwork network(recipe, model, rule.height, rule.width);
  Submission submission{.csv = csv_line({"Image_Label", "EncodedPixels"})};
  const auto total = static_cast<std::int64_t>(source->scenes().size());
  for (std::int64_t i = 0; i < total; ++i) {
    if (stop_requested()) throw Interrupted("the submission was interrupted");
    const Scene& scene = source->scenes()[static_cast<std::size_t>(i)];
    const torch::Tensor probabilities = network(source->read(i, {0, 0, scene.height, scene.width}));
    for (std::size_t k = 0; k < recipe.classes.size(); ++k) {
      const torch::Tensor above = probabilities[static_cast<std::int64_t>(k)].gt(rule.threshold[k]);
      const std::string runs = encode_runs(runs_of_mask(large_areas(above, rule.min_size[k])));
      submission.csv += csv_line({scene.id + "_" + recipe.classes[k].name, runs});
      submission.masks += runs.empty() ? 0 : 1;
    }
    observer.progress({"submit", i + 1, total, scene.id});
  }
  submission.images = total;
  return submission;
}

std::string rule_to_json(const SubmissionRule& rule, const std::vector<ClassInfo>& classes) {
  const double mean =
      std::accumulate(rule.dice.begin(), rule.dice.end(), 0.0) / static_cast<double>(rule.dice.size());
  const nlohmann::ordered_json json = {{"height", rule.height},
                                       {"width", rule.width},
                                       {"classes", class_names(classes)},
                                       {"threshold", rule.threshold},
                                       {"min_size", rule.min_size},
                                       {"dice", rule.dice},
                                       {"mean_dice", mean}};
  return json.dump(2) + "\n";
}

SubmissionRule rule_from_json(const std::string& text, const std::string& name,
                              const std::vector<ClassInfo>& classes) {
  SubmissionRule rule;
  std::vector<std::string> names;
  try {
    const auto json = nlohmann::json::parse(text);
    json.at("height").get_to(rule.height);
    json.at("width").get_to(rule.width);
    json.at("classes").get_to(names);
    json.at("threshold").get_to(rule.threshold);
    json.at("min_size").get_to(rule.min_size);
    rule.dice = json.value("dice", std::vector<double>(names.size()));
  } catch (const nlohmann::json::exception& error) {
    throw DataError(name + ": holds no thresholds and sizes: " + error.what());
  }
  const bool whole = rule.threshold.size() == names.size() && rule.min_size.size() == names.size();
  if (names == class_names(classes) && whole && rule.height > 0 && rule.width > 0) return rule;
  throw DataError(name + ": is for the classes " + join_words(names) + ", and the run's are " +
                  join_words(class_names(classes)) + "; tune again with --tune");
}

}  // namespace nadir
