#include "train/run_setup.h"

#include "data/pixel_types.h"
#include "models/placement.h"
#include "nadir/nadir.h"

namespace nadir {
namespace {

std::string what_matters(Recipe recipe) {
  recipe.train.device = "";
  recipe.train.loader_threads = 0;
  recipe.data.cache = {};
  recipe.train.checkpoint_every = "";
  recipe.train.samples = 0;
  recipe.track = {};
  return recipe_to_yaml(recipe);
}

}  // namespace

std::uint64_t seed_of(const Recipe& recipe) { return static_cast<std::uint64_t>(recipe.train.seed); }

torch::ScalarType pixel_type_of(const Source& source) {
  return source.read(0, {0, 0, 1, 1}).image.scalar_type();
}

ModelCard make_card(const Recipe& recipe, const PreparedData& data, const Normalization& normalization,
                    torch::ScalarType pixel_type) {
  ModelCard card;
  card.nadir_version = version();
  card.architecture = recipe.model;
  card.task = data.labels.task;
  card.classes = data.labels.classes;
  card.bands = data.source->band_names();
  card.band_numbers = data.source->band_numbers();
  card.pixel_type = pixel_type_name(pixel_type);
  card.normalization = normalization;
  card.tile = data.patch;
  card.resolution = data.source->scenes().front().resolution;
  if (recipe.data.sampler.name == "whole" && !data.split.train.empty()) {
    const Window& image = data.split.train.front().window;
    card.image_size = {image.height, image.width};
    const ConfigNode* const resize = recipe.data.source.options.find("resize");
    card.resize = resize ? resize->text() : "bilinear";
  }
  card.training = {{"recipe", recipe.name}, {"seed", std::to_string(recipe.train.seed)}};
  return card;
}

std::shared_ptr<Model> make_network(const Recipe& recipe, const ModelCard& card, torch::Device device,
                                    ProgressObserver& observer) {
  torch::manual_seed(RandomStream(seed_of(recipe)).child("weights").next());
  std::shared_ptr<Model> model =
      models().make(card.architecture, {static_cast<std::int64_t>(card.bands.size()),
                                        static_cast<std::int64_t>(card.classes.size()), &observer});
  place_model(*model, device, recipe.train.channels_last);
  return model;
}

std::unique_ptr<Optimizer> make_optimizer(const Recipe& recipe, const Model& model) {
  NamedTensors parameters;
  for (const auto& [name, tensor] : named_state(model)) {
    if (tensor.requires_grad()) parameters.emplace_back(name, tensor);
  }
  return optimizers().make(recipe.optimizer, parameters);
}

bool trains_alike(Recipe a, Recipe b) { return what_matters(std::move(a)) == what_matters(std::move(b)); }

std::vector<std::string> score_columns(const Recipe& recipe, const PreparedData& data,
                                       const NamedScores& scores) {
  std::vector<std::string> parts = {"train/"};
  if (data.val) parts.emplace_back("val/");
  if (recipe.train.score_training_part) parts.emplace_back("train_part/");
  std::vector<std::string> columns;
  for (const std::string& part : parts) {
    columns.push_back(part + "loss");
    for (const auto& [name, value] : scores) columns.push_back(part + name);
  }
  return columns;
}

Task target_task(const Recipe& recipe) {
  return recipe.task == "generation" ? Task::kClassification : parse_task(recipe.task);
}

}  // namespace nadir
