// Networks written down as Keras's functional API does: values joined by layers that carry Keras's names, and
// its conventions ('same' padding, norm flavours, first values of weights). Building a graph registers the
// layers on a module; running it gives the values that are asked for, and keeps no map longer than it is
// needed.
#pragma once

#include <torch/nn/module.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "models/blocks/conv.h"
#include "models/blocks/init.h"
#include "models/blocks/norm_tail.h"

namespace nadir {

struct GraphConv {
  std::int64_t kernel = 3;
  std::int64_t width = 0;  // of the kernel where it is not square
  std::int64_t stride = 1;
  bool bias = false;
  bool depthwise = false;               // one filter for each channel
  std::optional<std::int64_t> padding;  // zeros on each side ('valid' after ZeroPadding2D); otherwise 'same'
};

struct GraphPool {
  std::int64_t kernel = 2;
  std::int64_t stride = 2;
  std::optional<std::int64_t> padding;  // as above
};

class Graph {
 public:
  struct Value {
    std::size_t index = 0;
    std::int64_t channels = 0;
  };
  using Conv = GraphConv;
  using Pool = GraphPool;
  using Function = std::function<torch::Tensor(const std::vector<torch::Tensor>&)>;

  // What the layers that follow have in common: where they are registered, and their flavour.
  void section(torch::nn::Module& owner, const NormFlavour& norm, KerasInit init);

  Value input(std::int64_t channels);
  Value conv(const std::string& name, Value x, std::int64_t out, const Conv& shape = {});
  // Conv2DTranspose, kernel 3, stride 2, 'same', with bias: twice the size.
  Value transposed_conv(const std::string& name, Value x, std::int64_t out);
  Value linear(const std::string& name, Value x, std::int64_t out);
  Value norm(const std::string& name, Value x);
  Value shift_norm(const std::string& name, Value x);  // BatchNormalization(scale=False)
  Value relu(Value x);
  Value relu6(Value x);
  Value silu(Value x);
  Value max_pool(Value x, const Pool& pool = {});
  Value mean_pool(Value x);    // 3x3, stride 1, 'same': the padding does not count
  Value global_mean(Value x);  // [N, C, H, W] -> [N, C]
  Value up_nearest(Value x, std::int64_t factor = 2);
  Value up_bilinear(Value x, std::int64_t factor = 2);
  Value cat(const std::vector<Value>& parts);
  Value add(Value a, Value b);
  // Any function of values that has no weights.
  Value apply(const std::vector<Value>& inputs, std::int64_t channels, Function function);
  // A layer made elsewhere, registered under `name`.
  template <class Layer>
  Layer layer(const std::string& name, Layer made) {
    return owner_->register_module(name, made);
  }

  // The layers registered on `owner`, in the order of Keras's `layers`: names within it, "" for those that
  // have no weights.
  std::vector<std::string> layers(const torch::nn::Module& owner) const;

  // The values of `outputs` for an image that is the graph's only input.
  std::vector<torch::Tensor> run(const torch::Tensor& image, const std::vector<Value>& outputs) const;

 private:
  struct Node {
    std::vector<std::size_t> inputs;
    Function run;
    std::optional<TailActivation> activation = {};  // of an activation's
    bool is_overwritable = false;                   // its backward pass does not look at its result
    torch::nn::BatchNorm2d norm{nullptr};           // of a norm's
    bool is_sum = false;
    // For the list of layers:
    const torch::nn::Module* owner = nullptr;
    std::string name = {};  // of the layer that has weights
    bool padded = false;    // Keras has a padding layer of its own before it
  };
  Value append(Node node, std::int64_t channels, const std::string& name = "", bool padded = false);
  // A node as it runs: by itself, or with the norm and the sum before it, which nothing else reads.
  struct Unit {
    std::vector<std::size_t> inputs;        // of a norm: its own, and the other part of the sum
    torch::nn::BatchNorm2d norm{nullptr};   // computed here
    TailActivation inner = {}, outer = {};  // after the norm; after the sum
    bool is_joined = false;                 // one that comes later runs it
  };
  // For each node; uses: how often its value is read.
  std::vector<Unit> units(const std::vector<int>& uses) const;

  torch::nn::Module* owner_ = nullptr;
  const torch::nn::Module* first_owner_ = nullptr;  // the input's
  NormFlavour norm_;
  KerasInit init_ = KerasInit::kGlorotUniform;
  std::vector<Node> nodes_;
};

}  // namespace nadir
