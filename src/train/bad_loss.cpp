#include "train/bad_loss.h"

#include <ATen/ATen.h>

#include "core/text.h"

namespace nadir {
namespace {

std::string non_finite_tensors(const Model& model) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : named_state(model)) {
    if (tensor.is_floating_point() && !tensor.isfinite().all().item<bool>()) names.push_back(name);
  }
  return names.empty() ? "none" : join_words(names);
}

std::filesystem::path write_evidence(const TrainingRun& run, double loss, double lr, const Batch& batch,
                                     const torch::Tensor& logits) {
  SafeTensors evidence;
  evidence.tensors = {
      {"images", batch.images}, {"targets", batch.targets}, {"logits", logits.detach().to(torch::kFloat32)}};
  if (batch.valid.defined()) evidence.tensors.emplace_back("valid", batch.valid);
  evidence.metadata = {{"loss", shortest(loss)},
                       {"step", std::to_string(run.state.step + 1)},
                       {"epoch", std::to_string(run.state.epoch + 1)},
                       {"learning_rate", shortest(lr)},
                       {"samples", join_words(batch.ids)},
                       {"weights_not_finite", non_finite_tensors(*run.model)}};
  const std::filesystem::path file =
      run.folder.path() / "evidence" / ("step-" + std::to_string(run.state.step + 1) + ".safetensors");
  write_safetensors(file, evidence);
  return file;
}

}  // namespace

void refuse_bad_loss(const TrainingRun& run, double loss, double lr, const Batch& batch,
                     const torch::Tensor& logits) {
  if (std::isfinite(loss)) return;
  const std::filesystem::path file = write_evidence(run, loss, lr, batch, logits);
  throw Error("the loss became " + shortest(loss) + " at step " + std::to_string(run.state.step + 1) +
              " (epoch " + std::to_string(run.state.epoch + 1) + ", batch " +
              std::to_string(run.state.batch + 1) + "), learning rate " + shortest(lr) + ", samples " +
              join_words(batch.ids) +
              "; lower optimizer.lr, set train.clip_norm, or look at these samples: " + file.string() +
              ". The weights of the epoch before are in " + run.folder.last().string());
}

}  // namespace nadir
