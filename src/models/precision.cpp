#include "models/precision.h"

#include <ATen/autocast_mode.h>

namespace nadir {

AutocastGuard::AutocastGuard(const std::string& precision, torch::Device device)
    : device_(device.type()), active_(precision == "bf16" || precision == "fp16") {
  if (!active_) return;
  was_enabled_ = at::autocast::is_autocast_enabled(device_);
  old_type_ = at::autocast::get_autocast_dtype(device_);
  at::autocast::set_autocast_enabled(device_, true);
  at::autocast::set_autocast_dtype(device_, precision == "bf16" ? torch::kBFloat16 : torch::kFloat16);
}

AutocastGuard::~AutocastGuard() {
  if (!active_) return;
  // Weights were cast once for this pass; the next one has other weights.
  at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(device_, was_enabled_);
  at::autocast::set_autocast_dtype(device_, old_type_);
}

}  // namespace nadir
