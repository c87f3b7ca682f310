#include "pictures.h"

#include <torch/torch.h>

#include <cmath>
#include <cstdlib>

#include "bitmap_text.h"
#include "core/text.h"

namespace nadir {
namespace {

constexpr std::int64_t kLargestScene = 2048;  // pixels a side that a report shows whole
constexpr std::size_t kMostScenes = 3;
constexpr std::size_t kMostPatches = 4;
constexpr std::int64_t kPatchesLookedAt = 200;
constexpr std::int64_t kMostWrongImages = 12;
constexpr double kOverlay = 0.45;  // opacity of masks over images

std::string encoded(const torch::Tensor& picture) { return encode_png(picture.contiguous()); }

Sample whole_scene(const EvaluatedRun& run, std::int64_t scene) {
  const Scene& info = run.data.source->scenes()[static_cast<std::size_t>(scene)];
  return run.data.source->read(scene, {0, 0, info.height, info.width});
}

// probabilities: [K, H, W]. The classes that the network finds: [H, W], or [K, H, W] for multilabel.
torch::Tensor decided(const torch::Tensor& probabilities, const Recipe& recipe) {
  if (!is_multilabel(parse_task(recipe.task))) return probabilities.argmax(0).to(torch::kUInt8);
  const torch::Tensor thresholds = torch::tensor(recipe.train.thresholds).view({-1, 1, 1});
  return probabilities.ge(thresholds).to(torch::kUInt8);
}

// The class map of a whole scene, blended as `nadir predict` does it.
torch::Tensor map_scene(const EvaluatedRun& run, std::int64_t scene, const TileFunction& network,
                        const PredictConfig& config, ProgressObserver& observer) {
  const Scene& info = run.data.source->scenes()[static_cast<std::size_t>(scene)];
  PixelSource source{info.height, info.width, info.bands, [&](const Window& window) {
                       Sample sample = run.data.source->read(scene, window);
                       return PixelSource::Pixels{sample.image, sample.valid};
                     }};
  const auto classes = static_cast<std::int64_t>(run.recipe.classes.size());
  const bool multilabel = run.data.labels.task == Task::kMultilabel;
  torch::Tensor map = multilabel ? torch::full({classes, info.height, info.width}, kIgnore, torch::kUInt8)
                                 : torch::full({info.height, info.width}, kIgnore, torch::kUInt8);
  predict_rows(
      source, classes, network, config,
      [&](std::int64_t row, const torch::Tensor& probabilities, const torch::Tensor& valid) {
        torch::Tensor found = decided(probabilities, run.recipe);
        if (valid.defined()) found.masked_fill_(valid.logical_not(), kIgnore);
        map.narrow(-2, row, found.size(-2)).copy_(found);
      },
      observer);
  return map;
}

// The scene with the blocks of each part tinted.
torch::Tensor split_picture(const torch::Tensor& image, const Split& split, std::int64_t scene) {
  torch::Tensor picture = image.to(torch::kFloat32);
  const auto tint = [&](const std::vector<Region>& part, const std::vector<double>& color) {
    for (const Region& region : part) {
      if (region.scene != scene) continue;
      const Window& w = region.window;
      torch::Tensor block = picture.narrow(0, w.row, w.height).narrow(1, w.column, w.width);
      block.mul_(0.55).add_(torch::tensor(color, torch::kFloat32) * 0.45);
    }
  };
  tint(split.val, {250, 200, 60});
  tint(split.test, {230, 60, 90});
  return picture.round().to(torch::kUInt8);
}

std::vector<ReportImage> scene_row(const EvaluatedRun& run, std::int64_t scene, const TileFunction& network,
                                   const PredictConfig& config, ProgressObserver& observer) {
  const Sample sample = whole_scene(run, scene);
  const torch::Tensor image = image_picture(sample);
  std::vector<ReportImage> row = {{"Image", encoded(image)}};
  if (sample.target.defined())
    row.push_back({"Truth", encoded(class_picture(sample.target, run.recipe.classes)), "image/png", true});
  const torch::Tensor map = map_scene(run, scene, network, config, observer);
  row.push_back({"Map, the network's", encoded(class_picture(map, run.recipe.classes)), "image/png", true});
  row.push_back({"Split: validation blocks yellow, test blocks red, the rest trained on",
                 encoded(split_picture(image, run.data.split, scene))});
  return row;
}

using Galleries = std::vector<std::pair<std::string, std::vector<ReportImage>>>;

// The patches with the most wrong pixels: where there is something to learn from looking.
void add_worst_patches(const EvaluatedRun& run, const TileFunction& network, Galleries& galleries) {
  const Dataset& part = part_of(run.data, run.part);
  std::vector<std::pair<std::int64_t, std::int64_t>> wrong;  // (pixels, index)
  for (std::int64_t i = 0; i < std::min(part.size(), kPatchesLookedAt); ++i) {
    const Sample sample = part.get(0, i);
    const torch::Tensor errors =
        predict_patch(sample, network, run.recipe).ne(sample.target) & sample.target.ne(kIgnore);
    wrong.emplace_back(-errors.sum().item<std::int64_t>(), i);
  }
  std::sort(wrong.begin(), wrong.end());
  wrong.resize(std::min(wrong.size(), kMostPatches));
  for (const auto& [negative_count, index] : wrong) {
    const Sample sample = part.get(0, index);
    galleries.emplace_back(
        "Most wrong: " + sample.id + ", " + std::to_string(-negative_count) + " pixels",
        std::vector<ReportImage>{
            {"Image", encoded(image_picture(sample))},
            {"Truth", encoded(class_picture(sample.target, run.recipe.classes)), "image/png", true},
            {"Prediction",
             encoded(class_picture(predict_patch(sample, network, run.recipe), run.recipe.classes)),
             "image/png", true}});
  }
}

// The images whose true classes the network thinks least likely, in rows of four.
Galleries most_wrong_images(const EvaluatedRun& run) {
  if (!run.images) return {};
  const Dataset& part = part_of(run.data, run.part);
  const double temperature = run.model.card.temperature;
  const torch::Tensor losses = run.images->log_losses(temperature);
  const torch::Tensor probabilities = run.images->probabilities(temperature);
  const torch::Tensor order = losses.argsort(0, /*descending=*/true);
  std::vector<ReportImage> pictures;
  for (std::int64_t i = 0; i < std::min<std::int64_t>(order.size(0), kMostWrongImages); ++i) {
    const auto index = order[i].item<std::int64_t>();
    const Sample sample = part.get(0, index);
    pictures.push_back({"true " + label_text(sample.target, run.recipe.classes) + ", predicted " +
                            found_text(probabilities[index], run.recipe) + ": " + sample.id,
                        encoded(image_picture(sample))});
  }
  return {{"The most wrong images", pictures}};
}

}  // namespace

torch::Tensor sample_picture(const Sample& sample, const std::vector<ClassInfo>& classes) {
  const torch::Tensor image = image_picture(sample);
  std::string caption = sample.id;
  std::vector<torch::Tensor> beside = {image};
  if (sample.target.defined() && sample.target.dim() < 2) {
    caption = label_text(sample.target, classes) + ": " + caption;
  } else if (sample.target.defined()) {
    beside.push_back(overlay_picture(image, sample.target, classes, kOverlay));
  }
  const torch::Tensor pictures = torch::cat(beside, 1);
  return torch::cat({pictures, caption_picture(caption, pictures.size(1))}, 0);
}

torch::Tensor patches_picture(const Sample& sample, std::int64_t side) {
  constexpr std::int64_t kPatchGap = 2, kLeastDrawn = 16;  // pixels: between patches, of a patch's side
  const torch::Tensor image = image_picture(sample);       // [H, W, 3]
  const std::int64_t rows = image.size(0) / side, columns = image.size(1) / side;
  if (rows * side != image.size(0) || columns * side != image.size(1)) {
    throw ConfigError("--patches " + std::to_string(side) + ": " + sample.id + " has " +
                      std::to_string(image.size(1)) + " x " + std::to_string(image.size(0)) +
                      " pixels; both must be multiples of it");
  }
  const std::int64_t times = std::max<std::int64_t>(1, kLeastDrawn / side), drawn = side * times;
  const torch::Tensor large = image.repeat_interleave(times, 0).repeat_interleave(times, 1);
  const torch::Tensor patches = large.view({rows, drawn, columns, drawn, 3});
  const torch::Tensor spaced = torch::constant_pad_nd(patches, {0, 0, 0, kPatchGap, 0, 0, 0, kPatchGap},
                                                      255);  // a gap after each patch, both ways
  const std::int64_t height = rows * (drawn + kPatchGap), width = columns * (drawn + kPatchGap);
  const torch::Tensor picture = spaced.reshape({height, width, 3});
  return torch::cat({picture, caption_picture(sample.id, width)}, 0);
}

torch::Tensor predict_patch(const Sample& sample, const TileFunction& network, const Recipe& recipe) {
  const torch::Tensor valid = sample.valid.defined() ? sample.valid.unsqueeze(0) : sample.valid;
  return decided(network(sample.image.unsqueeze(0), valid).squeeze(0), recipe);
}

std::string label_text(const torch::Tensor& target, const std::vector<ClassInfo>& classes) {
  if (target.dim() == 0) {
    const auto k = target.item<std::int64_t>();
    return k == kIgnore ? "no label" : classes.at(static_cast<std::size_t>(k)).name;
  }
  std::vector<std::string> names;
  for (std::size_t k = 0; k < classes.size(); ++k) {
    if (target[static_cast<std::int64_t>(k)].item<std::int64_t>() == 1) names.push_back(classes[k].name);
  }
  return names.empty() ? "none" : join_words(names);
}

std::string found_text(const torch::Tensor& probabilities, const Recipe& recipe) {
  const auto percent = [&](std::int64_t k) { return fixed(100 * probabilities[k].item<double>(), 1) + " %"; };
  const torch::Tensor found = decided(probabilities.view({-1, 1, 1}), recipe).flatten();
  if (!is_multilabel(parse_task(recipe.task)))
    return label_text(found[0], recipe.classes) + " (" + percent(found[0].item<std::int64_t>()) + ")";
  // Whether a class is there is one decision each: the nearest miss says as much as what was found.
  std::string shares;
  for (std::size_t k = 0; k < recipe.classes.size(); ++k)
    shares += (k > 0 ? ", " : "") + recipe.classes[k].name + " " + percent(static_cast<std::int64_t>(k));
  return label_text(found, recipe.classes) + " (" + shares + ")";
}

std::vector<std::pair<std::string, std::vector<ReportImage>>> make_galleries(const EvaluatedRun& run,
                                                                             ProgressObserver& observer) {
  const torch::NoGradGuard no_grad;
  if (labels_images(run.data.labels.task)) return most_wrong_images(run);
  PredictConfig config;
  config.device = run.recipe.train.device;
  const TileFunction network = make_tile_function(run.model, config);
  config.tile = run.model.card.tile;
  std::vector<std::pair<std::string, std::vector<ReportImage>>> galleries;
  const auto& scenes = run.data.source->scenes();
  for (std::size_t i = 0; i < scenes.size() && galleries.size() < kMostScenes; ++i) {
    if (scenes[i].height > kLargestScene || scenes[i].width > kLargestScene) continue;
    galleries.emplace_back(scenes[i].id,
                           scene_row(run, static_cast<std::int64_t>(i), network, config, observer));
  }
  if (!run.part.empty()) add_worst_patches(run, network, galleries);
  return galleries;
}

}  // namespace nadir
