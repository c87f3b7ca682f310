// One step of a network alone on random images: a forward pass as prediction runs it, or a training step
// (forward, cross-entropy, backward, Adam).
//
//   step_bench [network, default unet] [option=value …]   medians of each kind of step at 128 pixels, batch 8
//   step_bench serve                                      takes jobs from standard input, for networks.py,
//   which
//                                                         runs the same networks in PyTorch in turns with it
//
// Jobs are lines: "prepare NETWORK BANDS CLASSES SIDE BATCH train|forward fp32|bf16 [option=value …]",
// answered by "ready PARAMETERS"; "step", answered by its wall and processor seconds. What fails is answered
// by "error …".
#include <torch/torch.h>

#include <iostream>
#include <sstream>
#include <vector>

#include "models/inference/inference_network.h"
#include "models/placement.h"
#include "models/precision.h"
#include "nadir/loss.h"
#include "nadir/model.h"
#include "nadir/train.h"
#include "timing.h"

namespace {

using namespace nadir;
using bench::Cost;

struct Job {
  std::string network = "unet";
  ModelShape shape{.bands = 3, .classes = 8};
  std::int64_t side = 128, batch = 8;
  bool train = true;
  std::string precision = "fp32";
  std::vector<std::string> options;
};

class Network {
 public:
  explicit Network(const Job& job) : job_(job) {
    torch::manual_seed(1);
    ConfigNode options = ConfigNode::map();
    for (const std::string& each : job.options) apply_override(options, each);
    model_ = models().make(job.network, options, job.shape);
    place_model(*model_, torch::kCPU, /*channels_last=*/true);
    model_->train(job.train);
    if (!job.train) ready_.emplace(model_, job.precision == "bf16" ? torch::kBFloat16 : torch::kFloat32);
    optimizer_ = optimizers().make("adam", ConfigNode(), named_parameters());
    loss_.emplace(std::vector<Component>{{"cross_entropy", losses().resolve("cross_entropy", ConfigNode())}},
                  LossContext{Task::kMulticlass, job.shape.classes});
    image_ = torch::randn({job.batch, job.shape.bands, job.side, job.side})
                 .contiguous(torch::MemoryFormat::ChannelsLast);
    const torch::NoGradGuard no_grad;
    auto sizes = (*model_)(image_).sizes().vec();
    sizes.erase(sizes.begin() + 1);
    target_ = torch::randint(0, job.shape.classes, sizes, torch::kByte);
  }
  std::int64_t parameters() const { return count_parameters(*model_).total; }

  Cost step() {
    return bench::measure([this] { job_.train ? train() : static_cast<void>((*ready_)(image_)); });
  }

 private:
  NamedTensors named_parameters() const {
    NamedTensors found;
    for (const auto& [name, tensor] : named_state(*model_)) {
      if (tensor.requires_grad()) found.emplace_back(name, tensor);
    }
    return found;
  }
  ModelOutput run() {
    const AutocastGuard autocast(job_.precision, torch::kCPU);
    return model_->forward(image_);
  }
  void train() {
    const ModelOutput output = run();
    const torch::Tensor loss = (*loss_)(output.logits, target_, output.auxiliary, {1.0});
    optimizer_->zero_grad();
    loss.backward();
    optimizer_->step(3e-4);
  }

  Job job_;
  std::shared_ptr<Model> model_;
  std::optional<InferenceNetwork> ready_;
  std::unique_ptr<Optimizer> optimizer_;
  std::optional<TotalLoss> loss_;
  torch::Tensor image_, target_;
};

void print_medians(Job job) {
  for (const bool train : {false, true}) {
    for (const std::string precision : {"fp32", "bf16"}) {
      job.train = train;
      job.precision = precision;
      Network network(job);
      network.step();
      std::vector<double> cpu;
      for (int round = 0; round < 7; ++round) cpu.push_back(network.step().cpu);
      std::cout << job.network << " " << (train ? "training step " : "forward ") << precision << ": "
                << 1e3 * bench::median(cpu) << " ms of processor time" << std::endl;
    }
  }
}

Job parse_job(std::istringstream& words) {
  Job job;
  std::string what, option;
  words >> job.network >> job.shape.bands >> job.shape.classes >> job.side >> job.batch >> what >>
      job.precision;
  if (!words) throw ConfigError("a job has seven words and options");
  job.train = what == "train";
  while (words >> option) job.options.push_back(option);
  return job;
}

void serve() {
  std::optional<Network> network;
  for (std::string line; std::getline(std::cin, line);) {
    try {
      std::istringstream words(line);
      std::string command;
      words >> command;
      if (command == "prepare") {
        network.reset();
        network.emplace(parse_job(words));
        std::cout << "ready " << network->parameters() << std::endl;
      } else if (command == "step" && network) {
        const Cost cost = network->step();
        std::cout << cost.wall << " " << cost.cpu << std::endl;
      } else {
        std::cout << "error: unknown command " << line << std::endl;
      }
    } catch (const std::exception& error) {
      const std::string text = error.what();
      std::cout << "error: " << text.substr(0, text.find('\n')) << std::endl;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (!words.empty() && words[0] == "serve") {
      serve();
      return 0;
    }
    Job job;
    if (!words.empty()) job.network = words[0];
    if (words.size() > 1) job.options.assign(words.begin() + 1, words.end());
    print_medians(job);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "step_bench: " << error.what() << "\n";
    return 1;
  }
}
