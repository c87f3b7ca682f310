#include "nadir/train.h"

namespace nadir {
namespace {

std::vector<std::unique_ptr<Transform>> make_augmentation(const std::vector<Component>& components) {
  std::vector<std::unique_ptr<Transform>> made;
  for (const Component& each : components) made.push_back(transforms().make(each));
  return made;
}

}  // namespace

PreparedData prepare_data(const Recipe& recipe, const std::filesystem::path& stored_split) {
  const DataConfig& config = recipe.data;
  PreparedData prepared;
  prepared.labels = {parse_task(recipe.task), recipe.classes};
  prepared.source = sources().make(config.source, prepared.labels);
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
  prepared.train =
      make_window_dataset(prepared.source, std::move(sampler), make_augmentation(config.augment), seed);

  Component eval_sampler = config.eval_sampler;
  if (eval_sampler.name.empty()) {
    ConfigNode options;
    if (prepared.patch > 0) options.set("size", ConfigNode::scalar(std::to_string(prepared.patch)));
    eval_sampler = {"grid", samplers().resolve("grid", options)};
  }
  const auto plain = [&](const std::vector<Region>& part) -> std::unique_ptr<Dataset> {
    if (part.empty()) return nullptr;
    return make_window_dataset(prepared.source, samplers().make(eval_sampler, context(part)), {}, seed);
  };
  prepared.val = plain(prepared.split.val);
  prepared.test = plain(prepared.split.test);
  prepared.train_plain = plain(prepared.split.train);
  return prepared;
}

}  // namespace nadir
