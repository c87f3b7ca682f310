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

double mean_iou(const TaskScores& scores) {
  return scores.labels().classes() > 0 ? nadir::scores(scores.labels()).mean_iou
                                       : nadir::scores(scores.matrix()).mean_iou;
}

}  // namespace

std::string progress_text(const TrainingPace& pace) {
  std::string text = "loss " + fixed(pace.loss, 4);
  if (pace.scores) text += "  mIoU " + fixed(mean_iou(*pace.scores), 3);
  if (pace.seconds <= 0) return text;
  const double rate = static_cast<double>(pace.images) / pace.seconds;
  text += "  " + fixed(rate, 1) + " images/s";
  text += "  wait " + std::to_string(std::lround(100 * pace.wait_seconds / pace.seconds)) + "%";
  if (const std::int64_t bytes = device_bytes(pace.device); bytes > 0) text += "  GPU " + human_bytes(bytes);
  if (rate > 0) text += "  " + human_seconds(static_cast<double>(pace.images_left) / rate) + " left";
  return text;
}

}  // namespace nadir
