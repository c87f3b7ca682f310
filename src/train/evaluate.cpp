#include "core/text.h"
#include "models/precision.h"
#include "nadir/loss.h"
#include "nadir/train.h"
#include "train/batch_input.h"
#include "train/task_scores.h"

namespace nadir {

Evaluation evaluate(Model& model, const Normalization& normalization, const Dataset& dataset,
                    const LabelSpec& labels, const TrainConfig& config, const TotalLoss* loss,
                    ProgressObserver& observer, const BatchVisitor& visit) {
  const torch::InferenceMode inference;
  const torch::Device device = choose_device(config.device);
  Normalizer normalizer(normalization);
  normalizer.to(device);
  model.eval();

  Loader loader(dataset,
                {.batch_size = config.eval_batch_size > 0 ? config.eval_batch_size : config.batch_size,
                 .threads = config.loader_threads,
                 .pin_memory = device.is_cuda()},
                static_cast<std::uint64_t>(config.seed));
  Evaluation result{task_scores(labels, config)};
  double loss_sum = 0;
  std::int64_t images = 0;
  loader.start(0);
  for (std::int64_t done = 0; const auto batch = loader.next(); ++done) {
    if (stop_requested()) throw Interrupted("stopped while evaluating; nothing was written");
    if (!batch->targets.defined()) throw DataError(batch->ids.front() + ": has no labels to compare with");
    const NetworkInput input = make_input(*batch, normalizer, device, config.channels_last);
    torch::Tensor logits;
    {
      const AutocastGuard autocast(config.precision, device);
      logits = model.forward(input.images).logits;
    }
    logits = logits.to(torch::kFloat32);
    if (visit) visit(*batch, logits);
    result.scores.add(logits, input.targets);
    const std::int64_t count = input.images.size(0);
    if (loss) loss_sum += (*loss)(logits, input.targets).item<double>() * static_cast<double>(count);
    images += count;
    observer.progress({"evaluate", done + 1, loader.batches(), counted(images, "image")});
  }
  if (loss && images > 0) result.loss = loss_sum / static_cast<double>(images);
  return result;
}

}  // namespace nadir
