#include "train/callbacks/sample_pictures.h"

#ifdef NADIR_RASTER
#include "models/precision.h"
#include "pictures/picture.h"
#include "pictures/rendering.h"
#include "train/batch_input.h"
#endif

namespace nadir {

std::filesystem::path sample_file(const RunFolder& run, std::int64_t epoch) {
  std::string number = std::to_string(epoch);
  number.insert(0, number.size() < 4 ? 4 - number.size() : 0, '0');
  return run.samples() / ("epoch-" + number + ".png");
}

#ifdef NADIR_RASTER
namespace {

// [H, W] class indices, or [K, H, W] 0 and 1
torch::Tensor predicted(TrainingRun& run, const Normalizer& normalizer, const Sample& sample) {
  const Batch batch{.images = sample.image.unsqueeze(0),
                    .targets = sample.target.unsqueeze(0),
                    .valid = sample.valid.defined() ? sample.valid.unsqueeze(0) : sample.valid};
  const NetworkInput input = make_input(batch, normalizer, run.device, run.recipe.train.channels_last);
  const AutocastGuard autocast(run.recipe.train.precision, run.device);
  const torch::Tensor logits = run.model->forward(input.images).logits;
  const MetricContext context{run.data.labels.task, class_names(run.data.labels.classes),
                              run.recipe.train.thresholds};
  return MetricInput(logits, input.targets, context).prediction().squeeze(0).cpu();
}

}  // namespace

void SamplePictures::before_run(TrainingRun& run) {
  const Dataset& part = run.data.val ? *run.data.val : *run.data.train_plain;
  const std::int64_t count = std::min(count_, part.size());
  samples_.clear();
  for (std::int64_t i = 0; i < count; ++i) {
    Sample sample = part.get(0, i * part.size() / count);
    const bool fits = samples_.empty() || sample.image.sizes() == samples_.front().image.sizes();
    if (fits && sample.target.defined()) samples_.push_back(std::move(sample));
  }
}

void SamplePictures::after_epoch(TrainingRun& run, const EpochRecord& record) {
  if (samples_.empty()) return;
  const torch::InferenceMode inference;
  Normalizer normalizer(run.card.normalization);
  normalizer.to(run.device);
  run.model->eval();
  std::vector<torch::Tensor> pictures;
  const bool whole = labels_images(run.data.labels.task);
  for (const Sample& sample : samples_) {
    pictures.push_back(image_picture(sample));
    for (const torch::Tensor& target : {sample.target, predicted(run, normalizer, sample)}) {
      const torch::Tensor map =
          whole ? label_map(target, sample.image.size(1), sample.image.size(2)) : target;
      pictures.push_back(class_picture(map, run.recipe.classes));
    }
  }
  write_file_atomically(sample_file(run.folder, record.epoch), encode_png_file(contact_sheet(pictures, 3)));
}
#else
void SamplePictures::before_run(TrainingRun&) {}
void SamplePictures::after_epoch(TrainingRun&, const EpochRecord&) {}
#endif

}  // namespace nadir
