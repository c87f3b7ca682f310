#include "nadir/nadir.h"
#include "train/run_setup.h"

namespace nadir {
namespace {

std::vector<std::unique_ptr<Transform>> make_augmentation(const std::vector<Component>& components) {
  std::vector<std::unique_ptr<Transform>> made;
  for (const Component& each : components) made.push_back(transforms().make(each));
  return made;
}

// What the pixels and labels of a source depend on beside its files.
std::string cache_key(const Recipe& recipe) {
  Recipe relevant;
  relevant.task = recipe.task;
  relevant.classes = recipe.classes;
  relevant.data.source = recipe.data.source;
  relevant.data.labels = recipe.data.labels;
  return std::string(version()) + "\n" + recipe_to_yaml(relevant);
}

// What the source is asked for.
LabelSpec source_labels(const Recipe& recipe, const LabelSpec& labels) {
  LabelSpec asked = labels;
  if (recipe.data.labels.from == "masks") asked.task = parse_task(recipe.data.labels.masks);
  return asked;
}

void add_mask_labels(const Recipe& recipe, const LabelSpec& labels,
                     std::vector<std::unique_ptr<Transform>>& transforms) {
  if (recipe.data.labels.from == "masks") transforms.push_back(make_mask_labels(recipe.data.labels, labels));
}

std::int64_t longest_side(const std::vector<Region>& part) {
  std::int64_t longest = 0;
  for (const Region& region : part) longest = std::max({longest, region.window.height, region.window.width});
  return longest;
}

}  // namespace

PreparedData prepare_data(const Recipe& recipe, const std::filesystem::path& stored_split) {
  const DataConfig& config = recipe.data;
  PreparedData prepared;
  prepared.labels = {target_task(recipe), recipe.classes};
  prepared.source = make_cached_source(sources().make(config.source, source_labels(recipe, prepared.labels)),
                                       config.cache, cache_key(recipe));
  prepared.split =
      stored_split.empty()
          ? make_split(*prepared.source, static_cast<std::int64_t>(recipe.classes.size()), config.split)
          : split_from_json(read_text_file(stored_split), prepared.source->scenes());

  const auto seed = static_cast<std::uint64_t>(recipe.train.seed);
  const auto context = [&](const std::vector<Region>& part) {
    return SamplerContext{prepared.source, part, recipe.classes, seed};
  };
  auto sampler = samplers().make(config.sampler, context(prepared.split.train));
  prepared.patch = sampler->patch();
  auto augmentation = make_augmentation(config.augment);
  add_mask_labels(recipe, prepared.labels, augmentation);
  prepared.train = make_window_dataset(prepared.source, std::move(sampler), std::move(augmentation), seed);

  for (const Component& each : config.augment_batch) {
    prepared.batch_transforms.push_back(batch_transforms().make(each));
  }

  Component eval_sampler = config.eval_sampler;
  if (eval_sampler.name.empty() && prepared.patch == 0) eval_sampler = config.sampler;  // whole images
  if (eval_sampler.name.empty()) {
    const ConfigNode size = ConfigNode::scalar(std::to_string(prepared.patch));
    eval_sampler = {"grid", samplers().resolve("grid", ConfigNode::map({{"size", size}}))};
  }
  if (prepared.patch == 0) prepared.patch = longest_side(prepared.split.train);
  const auto plain = [&](const std::vector<Region>& part) -> std::unique_ptr<Dataset> {
    if (part.empty()) return nullptr;
    std::vector<std::unique_ptr<Transform>> labelling;
    add_mask_labels(recipe, prepared.labels, labelling);
    return make_window_dataset(prepared.source, samplers().make(eval_sampler, context(part)),
                               std::move(labelling), seed);
  };
  prepared.val = plain(prepared.split.val);
  prepared.test = plain(prepared.split.test);
  prepared.train_plain = plain(prepared.split.train);
  return prepared;
}

}  // namespace nadir
