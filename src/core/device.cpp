#include <torch/cuda.h>

#include "nadir/runtime.h"

namespace nadir {

c10::Device choose_device(const std::string& name) {
  if (name == "cpu") return c10::Device(c10::kCPU);
  if (name == "auto") return c10::Device(torch::cuda::is_available() ? c10::kCUDA : c10::kCPU);
  const bool numbered = name.starts_with("cuda:") && name.size() > 5 && name.size() < 9 &&
                        name.find_first_not_of("0123456789", 5) == std::string::npos;
  if (name != "cuda" && !numbered) {
    throw ConfigError("device '" + name + "' is unknown; use cpu, cuda, cuda:N or auto");
  }
  const auto found = static_cast<int>(torch::cuda::is_available() ? torch::cuda::device_count() : 0);
  const int index = numbered ? std::stoi(name.substr(5)) : 0;
  if (index >= found) {
    throw ConfigError("device '" + name + "' cannot be used: " +
                      (found == 0 ? "this libtorch sees no GPU" : "there are only " + std::to_string(found)) +
                      "; use device cpu or auto");
  }
  return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
}

}  // namespace nadir
