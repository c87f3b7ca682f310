// One pass of a network without gradients, in every way that nadir has: as it is trained (eager), with its
// weights channels last, and ready for prediction in float32 and bfloat16. Modes are interleaved; prints
// medians in processor time and ratios to eager.
//
//   inference_bench [network, default unet] [side, default 128] [batch, default 8] [rounds, default 9]
//   [options]
#include <torch/torch.h>

#include <functional>
#include <iomanip>
#include <iostream>
#include <vector>

#include "models/inference/inference_network.h"
#include "nadir/model.h"
#include "timing.h"

namespace {

using namespace nadir;
using bench::median;

struct Mode {
  std::string name;
  std::function<torch::Tensor(const torch::Tensor&)> run;
  std::vector<double> seconds = {};
};

std::shared_ptr<Model> make(const std::string& name, const std::string& options) {
  torch::manual_seed(0);
  auto model = models().make(name, options.empty() ? ConfigNode() : parse_yaml(options, "the command line"),
                             {.bands = 3, .classes = 8});
  model->eval();
  return model;
}

void run(const std::string& name, std::int64_t side, std::int64_t batch, int rounds,
         const std::string& options) {
  const torch::NoGradGuard no_grad;
  const auto eager = make(name, options), last = make(name, options);
  for (torch::Tensor& each : last->parameters()) {
    if (each.dim() == 4) each.set_data(each.contiguous(torch::MemoryFormat::ChannelsLast));
  }
  InferenceNetwork fp32(eager, torch::kFloat32), bf16(eager, torch::kBFloat16);
  std::vector<Mode> modes;
  modes.push_back({"eager", [&](const torch::Tensor& x) { return (*eager)(x); }});
  modes.push_back({"eager, channels last", [&](const torch::Tensor& x) {
                     return (*last)(x.contiguous(torch::MemoryFormat::ChannelsLast));
                   }});
  modes.push_back({"ready, fp32", [&](const torch::Tensor& x) { return fp32(x); }});
  modes.push_back({"ready, bf16", [&](const torch::Tensor& x) { return bf16(x); }});
  const torch::Tensor image = torch::randn({batch, 3, side, side});
  const torch::Tensor expected = (*eager)(image);
  for (Mode& mode : modes) {
    const torch::Tensor error = (mode.run(image) - expected).abs().max() / expected.abs().max();
    std::cout << mode.name << ": largest difference " << error.item<float>() << " of the largest logit\n";
  }
  for (int round = 0; round < rounds; ++round) {
    for (Mode& mode : modes) {
      mode.seconds.push_back(bench::measure([&] { mode.run(image); }).cpu);
    }
  }
  std::cout << name << ", " << batch << " x 3 x " << side << " x " << side << ", " << torch::get_num_threads()
            << " threads\n";
  for (const Mode& mode : modes) {
    std::cout << std::setw(24) << mode.name << std::fixed << std::setprecision(1) << std::setw(10)
              << median(mode.seconds) * 1e3 << " ms" << std::setprecision(2) << std::setw(8)
              << median(modes[0].seconds) / median(mode.seconds) << "\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto number = [&](int i, int otherwise) { return argc > i ? std::stoi(argv[i]) : otherwise; };
    run(argc > 1 ? argv[1] : "unet", number(2, 128), number(3, 8), number(4, 9), argc > 5 ? argv[5] : "");
  } catch (const std::exception& error) {
    std::cerr << "inference_bench: " << error.what() << "\n";
    return 1;
  }
}
