// One step of Stable Diffusion 2.1's U-Net with guidance (batch 2) at random weights, without the rest.
//
//   denoise_bench [side of the latents, default 64] [rounds, default 3] [fp32 | bf16, default fp32]
//                 [nhwc | nchw, default nhwc: as `nadir generate` runs it]
//
// Prints seconds a step, the median of the rounds after one that warms up.
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <iostream>

#include "models/diffusion/denoiser.h"
#include "models/placement.h"

int main(int argc, char** argv) {
  const std::int64_t side = argc > 1 ? std::stoll(argv[1]) : 64;
  const int rounds = argc > 2 ? std::stoi(argv[2]) : 3;
  const torch::ScalarType type =
      argc > 3 && std::string(argv[3]) == "bf16" ? torch::kBFloat16 : torch::kFloat32;
  const torch::NoGradGuard no_grad;
  torch::manual_seed(0);
  const auto unet = nadir::make_denoiser({});
  unet->to(type);
  unet->eval();
  const bool channels_last = argc <= 4 || std::string(argv[4]) != "nchw";
  if (channels_last) nadir::to_channels_last(*unet);
  const torch::Tensor latents =
      torch::randn({2, 4, side, side})
          .to(type)
          .contiguous(channels_last ? torch::MemoryFormat::ChannelsLast : torch::MemoryFormat::Contiguous);
  const torch::Tensor text = torch::randn({2, 77, 1024}).to(type), time = torch::full({1}, 500.0);
  std::vector<double> seconds;
  for (int i = 0; i <= rounds; ++i) {
    const auto start = std::chrono::steady_clock::now();
    unet->forward(latents, time, text);
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  seconds.erase(seconds.begin());
  std::sort(seconds.begin(), seconds.end());
  std::cout << "nadir " << (type == torch::kFloat32 ? "fp32" : "bf16") << ", " << side << " x " << side
            << ": " << seconds[seconds.size() / 2] << " s a step\n";
}
