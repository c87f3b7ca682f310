#include "train/progress_text.h"

#include <torch/version.h>
#if TORCH_VERSION_MAJOR > 2 || TORCH_VERSION_MINOR >= 9
#include <ATen/DeviceAccelerator.h>
#endif

#include <cmath>

#include "core/text.h"

namespace nadir {
namespace {

// Of this process on the GPU; 0 where torch cannot tell.
std::int64_t device_bytes(torch::Device device) {
#if TORCH_VERSION_MAJOR > 2 || TORCH_VERSION_MINOR >= 9
  if (device.is_cuda()) {
    const auto stats = at::accelerator::getDeviceStats(device.index() < 0 ? 0 : device.index());
    return stats.reserved_bytes[0].current;  // [0]: of all pools together
  }
#else
  static_cast<void>(device);
#endif
  return 0;
}

// The score that people look at, of maps and of whole images.
std::string score_text(const TaskScores& scores) {
  if (labels_images(scores.task())) return "F1 " + fixed(scores.report().macro.f1, 3);
  const bool by_label = scores.labels().classes() > 0;
  const double mean_iou =
      (by_label ? nadir::scores(scores.labels()) : nadir::scores(scores.matrix())).mean_iou;
  return "mIoU " + fixed(mean_iou, 3);
}

}  // namespace

std::string progress_text(const TrainingPace& pace) {
  std::string text = "loss " + fixed(pace.loss, 4);
  if (pace.scores) text += "  " + score_text(*pace.scores);
  if (pace.seconds <= 0) return text;
  const double rate = static_cast<double>(pace.images) / pace.seconds;
  text += "  " + fixed(rate, 1) + " images/s";
  text += "  wait " + std::to_string(std::lround(100 * pace.wait_seconds / pace.seconds)) + "%";
  if (const std::int64_t bytes = device_bytes(pace.device); bytes > 0) text += "  GPU " + human_bytes(bytes);
  if (rate > 0) text += "  " + human_seconds(static_cast<double>(pace.images_left) / rate) + " left";
  return text;
}

}  // namespace nadir
