#include "train/diffusion/denoising_objective.h"

#include <torch/torch.h>

#include "core/text.h"
#include "models/placement.h"
#include "models/precision.h"
#include "train/batch_input.h"
#include "train/run_setup.h"

namespace nadir {
namespace {

// From 0 .. 255 to -1 .. 1, as diffusion models see pictures.
Normalization picture_range(std::int64_t bands) {
  const auto all = [bands](double value) {
    return std::vector<double>(static_cast<std::size_t>(bands), value);
  };
  return {.scale = "type_range", .offset = all(0), .range = all(255), .mean = all(0.5), .std = all(0.5)};
}

std::filesystem::path list_of(const Recipe& recipe) {
  const ConfigNode* file = recipe.data.source.options.find("file");
  return file ? file->text() : "";
}

}  // namespace

DenoisingObjective::DenoisingObjective(const Recipe& recipe)
    : recipe_(recipe), config_(denoising_losses().make(recipe.loss.at(0))) {
  if (recipe.loss.size() != 1) throw ConfigError("loss: of task generation there is one, denoising");
  if (recipe.data.source.name != "captions") {
    throw ConfigError("data.source: task generation learns from captions, not from " +
                      recipe.data.source.name);
  }
  if (!recipe.data.augment_batch.empty()) {
    throw ConfigError("data.augment_batch: a blend of images has no caption; leave it out");
  }
}

ModelCard DenoisingObjective::describe(const PreparedData& data, ProgressObserver&) const {
  const torch::ScalarType type = pixel_type_of(*data.source);
  if (type != torch::kUInt8) {
    throw DataError(data.source->scenes().front().path +
                    ": generation learns from pictures of 8 bits; found another pixel type");
  }
  return make_card(recipe_, data, picture_range(data.source->scenes().front().bands), type);
}

std::shared_ptr<Model> DenoisingObjective::begin(const ObjectiveStart& start) {
  device_ = start.device;
  normalizer_.emplace(start.card.normalization);
  normalizer_->to(device_);
  conditions_ = read_conditions(list_of(recipe_));
  torch::manual_seed(RandomStream(seed_of(recipe_)).child("weights").next());
  network_ =
      diffusion_models().make(recipe_.model, {.captions = conditions_.captions,
                                              .metadata = conditions_.metadata.defined(),
                                              .bands = static_cast<std::int64_t>(start.card.bands.size()),
                                              .patch = start.data.patch,
                                              .device = device_});
  place_model(*network_, device_, recipe_.train.channels_last);
  const DiffusionModel& parts = network_->parts();
  if (parts.denoiser->config().metadata == 0) conditions_.metadata = torch::Tensor();
  schedule_.emplace(parts.scheduler);
  std::vector<torch::Tensor> rows;
  std::int64_t too_long = 0;
  const auto ids = [&](const std::string& text) {
    bool cut = false;
    const torch::Tensor row = torch::tensor(parts.tokenizer.encode_padded(text, &cut), torch::kInt64);
    too_long += cut;
    return row;
  };
  empty_ = ids("").unsqueeze(0);
  for (const std::string& caption : conditions_.captions) rows.push_back(ids(caption));
  tokens_ = torch::stack(rows);
  if (too_long > 0) {
    start.log.warning(counted(too_long, "caption") + " of more than " +
                      std::to_string(parts.tokenizer.length()) + " tokens: the ends were left out");
  }
  return network_;
}

DenoisingObjective::Seen DenoisingObjective::conditions_of(const Batch& batch, bool learning) const {
  Seen seen{.tokens = tokens_.index_select(0, batch.targets), .metadata = {}};
  if (conditions_.metadata.defined()) seen.metadata = conditions_.metadata.index_select(0, batch.targets);
  if (learning) {
    const torch::Tensor dropped = torch::rand({batch.targets.size(0), 1}).lt(config_.caption_dropout);
    seen.tokens = torch::where(dropped, empty_, seen.tokens);
    if (seen.metadata.defined()) seen.metadata = drop_numbers(seen.metadata, config_.metadata_dropout);
  }
  seen.tokens = seen.tokens.to(device_);
  if (seen.metadata.defined()) seen.metadata = seen.metadata.to(device_);
  return seen;
}

Objective::Step DenoisingObjective::step(const Batch& batch, bool learning) {
  const NetworkInput input = make_input(batch, *normalizer_, device_, recipe_.train.channels_last);
  const std::int64_t reduction = network_->parts().autoencoder->config().reduction();
  if (input.images.size(2) % reduction != 0 || input.images.size(3) % reduction != 0) {
    throw DataError(batch.ids.front() + ": the model wants sides that are multiples of " +
                    std::to_string(reduction) + " pixels, found " + std::to_string(input.images.size(2)) +
                    " x " + std::to_string(input.images.size(3)));
  }
  const AutocastGuard autocast(recipe_.train.precision, device_);
  const torch::Tensor clean = network_->encode(input.images);
  const torch::Tensor noise = noise_like(clean, learning ? config_.offset_noise : 0);
  const torch::Tensor timesteps =
      torch::randint(static_cast<std::int64_t>(schedule_->alphas().size()), {clean.size(0)}, torch::kInt64);
  const Seen seen = conditions_of(batch, learning);
  const NoisySamples samples = add_noise(*schedule_, network_->parts().scheduler.prediction, clean, noise,
                                         timesteps, config_.min_snr_gamma);
  const torch::Tensor said =
      network_->denoise(samples.noisy, timesteps.to(device_), seen.tokens, seen.metadata);
  return {denoising_loss(said, samples), said};
}

Objective::Step DenoisingObjective::learn(Model&, const Batch& batch) { return step(batch, true); }

NamedScores DenoisingObjective::evaluate(Model& model, const Dataset& part, ProgressObserver& log) {
  const torch::NoGradGuard no_grad;
  model.eval();
  const TrainConfig& train = recipe_.train;
  Loader loader(part,
                {.batch_size = train.eval_batch_size > 0 ? train.eval_batch_size : train.batch_size,
                 .threads = train.loader_threads,
                 .pin_memory = device_.is_cuda()},
                seed_of(recipe_));
  const RandomStream numbers = RandomStream(seed_of(recipe_)).child("evaluate");
  double sum = 0;
  std::int64_t images = 0;
  loader.start(0);
  for (std::int64_t done = 0; const auto batch = loader.next(); ++done) {
    if (stop_requested()) throw Interrupted("stopped while evaluating; nothing was written");
    torch::manual_seed(numbers.child(static_cast<std::uint64_t>(done)).next());
    const std::int64_t count = batch->images.size(0);
    sum += step(*batch, false).loss.item<double>() * static_cast<double>(count);
    images += count;
    log.progress({"evaluate", done + 1, loader.batches(), counted(images, "image")});
  }
  return {{"loss", images > 0 ? sum / static_cast<double>(images) : 0}};
}

void DenoisingObjective::export_model(const RunFolder& folder) const {
  load_state(*network_, read_safetensors(folder.last()).tensors, folder.last().string());
  network_->write(folder.path() / "diffusers");
}

}  // namespace nadir
