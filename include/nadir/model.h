// Networks: made by name from a config, called on images, saved under the names that PyTorch users know; and
// looking at one: what its layers cost, what memory they take, a picture of it.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nadir/config.h"

namespace nadir {

struct ModelOutput {
  torch::Tensor logits;                  // [N, K, H, W] float32; classification [N, K]
  std::vector<torch::Tensor> auxiliary;  // deep supervision, same shape as logits; empty for most
};

// Base of all networks.
class Model : public torch::nn::Module {
 public:
  // image: [N, C, H, W] float, normalised. Any H and W that the network documents; segmentation networks give
  // logits of the image's own size (they pad inside and crop back). Throws ModelError naming the size to use.
  virtual ModelOutput forward(const torch::Tensor& image) = 0;
  torch::Tensor operator()(const torch::Tensor& image) { return forward(image).logits; }
  // Training or evaluation mode. Batch norms whose parameters are frozen stay on their running statistics.
  void train(bool on = true) override;
};

class ProgressObserver;

// What the task fixes of a network, whatever its architecture.
struct ModelShape {
  std::int64_t bands = 3;                // input channels
  std::int64_t classes = 2;              // output channels
  ProgressObserver* observer = nullptr;  // told of downloads, and what of its `weights` was loaded
};

using ModelRegistry = Registry<std::shared_ptr<Model>, const ModelShape&>;
// Every network, one line each: src/models/registry.cpp. All of them have two options beside their own,
// `weights` (none, imagenet or a file) and `partial`: docs/weights.md.
const ModelRegistry& models();

// Parameters and buffers by full name, in PyTorch's state_dict order: a module's parameters, its buffers,
// then its children in the order of registration.
std::vector<std::pair<std::string, torch::Tensor>> named_state(const torch::nn::Module& module);

struct ParameterCount {
  std::int64_t total = 0;      // parameters, as PyTorch counts them
  std::int64_t trainable = 0;  // of them, those with requires_grad
  std::int64_t keras = 0;      // total plus batch norms' running statistics, as Keras counts them
};
ParameterCount count_parameters(const torch::nn::Module& module);

// One operation of a forward pass that uses parameters.
struct LayerRow {
  std::string name;                  // of the module whose parameters it uses: "down1.block.cn1"
  std::string operation;             // "convolution", "batch_norm"
  std::vector<std::int64_t> kernel;  // spatial size of a convolution's; else empty
  std::vector<std::int64_t> output;  // shape
  std::int64_t parameters = 0;       // of that module; 0 when an earlier row counted them
  std::int64_t mult_adds = 0;  // of convolutions and matrix products; the true count, for the whole batch
};
// Runs the model once on `image` ([N, C, H, W] float32), in evaluation mode, and lists what it did in order.
std::vector<LayerRow> trace_layers(Model& model, const torch::Tensor& image);

// What torchinfo reports in the place of a traced layer's multiply-adds: the layer's parameters, times the
// pixels of the output for convolutions. That is too much for transposed convolutions (each weight meets an
// input pixel, not an output one), and too little for matrix products over tokens.
std::int64_t torchinfo_mult_adds(const Model& model, const LayerRow& row);

// Bytes that torch allocates beside weights and image, measured; the most that is alive at once, or what is
// left.
struct MemoryUse {
  std::int64_t forward = 0;   // a forward pass without gradients: what prediction needs
  std::int64_t kept = 0;      // what a forward pass with gradients leaves for the backward pass
  std::int64_t backward = 0;  // forward and backward pass, with the weights' gradients: what a training step
                              // needs beside the optimizer's state
};
// Runs forward and backward pass on `image` ([N, C, H, W] float32, on the CPU) in evaluation mode, in which
// norms and dropout keep as much as in training, but for dropout's masks. Drops the gradients that parameters
// had.
MemoryUse measure_memory(Model& model, const torch::Tensor& image);

// The network as an SVG picture: its stages, a box for each run of layers at one resolution, in a row for
// each resolution and from left to right as they follow each other, with what connects them. Found by running
// it on `image` ([1, C, H, W]), so it is what the network does, whatever its kind.
std::string draw_network(Model& model, const torch::Tensor& image, const std::string& title);

// Where in an image a network found a class: a number for each cell of a coarse grid over the image.
struct Explanation {
  std::string method;   // "attention rollout" or "Grad-CAM"
  torch::Tensor cells;  // [rows, columns] float32, at least 0
  torch::Tensor map;    // [H, W] float32: the cells over the image, bilinear between their centres
};
// image: [1, C, H, W] float32, normalised; class_index: a channel of the logits.
//   vit, vit_scratch  attention rollout (Abnar and Zuidema 2020, https://arxiv.org/abs/2005.00928): over the
//     layers the product of (A + 1) / 2, A the mean over the heads of softmax(Q K' / sqrt(d)); of it the
//     class token's row, or the mean of all rows where the head reads all tokens. The same for every class.
//   all others  Grad-CAM (Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391): relu(sum_k a_k M_k), a_k
//     the mean over map M_k of the gradient of the class's logit. M are the maps whose mean a classifier
//     takes (of swin_v2 its last stage, after the norm); of a segmentation network, whose logit is summed
//     over all pixels (Vinogradova et al. 2020), the coarsest maps, as they come to be enlarged.
// Runs the network in evaluation mode, leaves it as it was. Throws ModelError where an image gives no maps of
// more than one pixel, std::out_of_range for a class that there is not.
Explanation explain(Model& model, const torch::Tensor& image, std::int64_t class_index);

// Freezes or frees the parameters of a part, by name: "encoder", "head"; "" is the whole network. Call
// train() afterwards, which tells frozen batch norms. Throws ModelError, with the parts, when there is none.
void set_trainable(torch::nn::Module& module, const std::string& part, bool trainable);

}  // namespace nadir
