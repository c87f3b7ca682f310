#include "models/blocks/graph.h"

#include <torch/nn.h>

#include <limits>

#include "models/blocks/depthwise.h"
#include "models/blocks/linear.h"
#include "models/blocks/same_padding.h"
#include "models/blocks/shift_norm.h"

namespace nadir {
namespace {

using Inputs = std::vector<torch::Tensor>;

// How often each value is read; those of `outputs` once more, so that nothing overwrites them.
std::vector<int> count_uses(const std::vector<std::vector<std::size_t>>& reads, std::size_t values) {
  std::vector<int> uses(values, 0);
  for (const auto& indices : reads) {
    for (const std::size_t index : indices) ++uses[index];
  }
  return uses;
}

}  // namespace

void Graph::section(torch::nn::Module& owner, const NormFlavour& norm, KerasInit init) {
  owner_ = &owner;
  if (!first_owner_) first_owner_ = &owner;
  norm_ = norm;
  init_ = init;
}

Graph::Value Graph::append(Node node, std::int64_t channels, const std::string& name, bool padded) {
  node.owner = owner_;
  node.name = name;
  node.padded = padded;
  nodes_.push_back(std::move(node));
  return {nodes_.size() - 1, channels};
}

Graph::Value Graph::input(std::int64_t channels) { return append({{}, nullptr}, channels); }

Graph::Value Graph::conv(const std::string& name, Value x, std::int64_t out, const Conv& shape) {
  const std::int64_t height = shape.kernel, width = shape.width > 0 ? shape.width : shape.kernel;
  // At stride 1 'same' is even on both sides for the odd kernels that there are; otherwise it depends on the
  // size.
  const bool uneven = !shape.padding && shape.stride > 1;
  const auto pad = [&](std::int64_t side) { return uneven ? 0 : shape.padding.value_or((side - 1) / 2); };
  auto made = layer(name, torch::nn::Conv2d(torch::nn::Conv2dOptions(x.channels, out, {height, width})
                                                .stride(shape.stride)
                                                .padding({pad(height), pad(width)})
                                                .groups(shape.depthwise ? x.channels : 1)
                                                .bias(shape.bias)));
  // Keras has the two dimensions of channels the other way round in depthwise kernels, and takes the fans so.
  fill_kernel(shape.depthwise ? made->weight.transpose(0, 1) : made->weight, init_);
  if (shape.bias) torch::nn::init::zeros_(made->bias);
  const std::int64_t stride = shape.stride;
  return append({{x.index},
                 [made, uneven, height, width, stride](const Inputs& in) mutable {
                   return convolved(made, uneven ? pad_same(in[0], {height, width}, stride) : in[0]);
                 },
                 {},
                 true},
                out, name, shape.padding.value_or(0) > 0);
}

Graph::Value Graph::transposed_conv(const std::string& name, Value x, std::int64_t out) {
  // The full result has 2 n + 1 rows and columns, of which Keras cuts the last. One more of each, which goes
  // too, costs nothing: for odd sizes oneDNN takes up to five times as long.
  const auto options = torch::nn::ConvTranspose2dOptions(x.channels, out, 3).stride(2).output_padding(1);
  auto made = layer(name, TransposedConv(options));
  fill_kernel(made->weight, init_);
  torch::nn::init::zeros_(made->bias);
  return append({{x.index},
                 [made](const Inputs& in) mutable {
                   const torch::Tensor y =
                       made(in[0]).narrow(2, 0, 2 * in[0].size(2)).narrow(3, 0, 2 * in[0].size(3));
                   // Norms that learn are slow on what is a part of a larger map.
                   return y.requires_grad() ? y.contiguous(y.suggest_memory_format()) : y;
                 }},
                out, name);
}

Graph::Value Graph::linear(const std::string& name, Value x, std::int64_t out) {
  auto made = layer(name, Linear(x.channels, out));
  fill_kernel(made->weight, init_);
  torch::nn::init::zeros_(made->bias);
  return append({{x.index}, [made](const Inputs& in) mutable { return made(in[0]); }}, out, name);
}

Graph::Value Graph::norm(const std::string& name, Value x) {
  auto made = layer(name, batch_norm(x.channels, norm_));
  return append({{x.index}, [made](const Inputs& in) mutable { return made(in[0]); }, {}, true, made},
                x.channels, name);
}

Graph::Value Graph::shift_norm(const std::string& name, Value x) {
  auto made = layer(name, ShiftNorm(x.channels, norm_));
  return append({{x.index}, [made](const Inputs& in) mutable { return made(in[0]); }, {}, true}, x.channels,
                name);
}

Graph::Value Graph::relu(Value x) {
  return append({{x.index}, [](const Inputs& in) { return in[0].relu(); }, relu_activation()}, x.channels);
}

Graph::Value Graph::relu6(Value x) {
  return append({{x.index}, [](const Inputs& in) { return torch::relu6(in[0]); }, relu6_activation()},
                x.channels);
}

Graph::Value Graph::silu(Value x) {
  return append({{x.index}, [](const Inputs& in) { return torch::silu(in[0]); }, silu_activation()},
                x.channels);
}

Graph::Value Graph::max_pool(Value x, const Pool& pool) {
  const Pool p = pool;
  return append(
      {{x.index},
       [p](const Inputs& in) {
         if (p.padding) return torch::max_pool2d(in[0], p.kernel, p.stride, *p.padding);
         const double least = -std::numeric_limits<double>::infinity();
         return torch::max_pool2d(pad_same(in[0], {p.kernel, p.kernel}, p.stride, least), p.kernel, p.stride);
       }},
      x.channels, "", p.padding.value_or(0) > 0);
}

Graph::Value Graph::mean_pool(Value x) {
  return append({{x.index}, [](const Inputs& in) { return torch::avg_pool2d(in[0], 3, 1, 1, false, false); }},
                x.channels);
}

Graph::Value Graph::global_mean(Value x) {
  return append({{x.index}, [](const Inputs& in) { return in[0].mean({2, 3}); }}, x.channels);
}

Graph::Value Graph::up_nearest(Value x, std::int64_t factor) {
  return append({{x.index},
                 [factor](const Inputs& in) {
                   return torch::upsample_nearest2d(in[0], {factor * in[0].size(2), factor * in[0].size(3)});
                 }},
                x.channels);
}

Graph::Value Graph::up_bilinear(Value x, std::int64_t factor) {
  return append({{x.index},
                 [factor](const Inputs& in) {
                   return torch::upsample_bilinear2d(in[0], {factor * in[0].size(2), factor * in[0].size(3)},
                                                     /*align_corners=*/false);
                 }},
                x.channels);
}

Graph::Value Graph::cat(const std::vector<Value>& parts) {
  std::int64_t channels = 0;
  for (const Value& part : parts) channels += part.channels;
  return apply(parts, channels, [](const Inputs& in) { return torch::cat(in, 1); });
}

Graph::Value Graph::add(Value a, Value b) {
  Node node{{a.index, b.index}, [](const Inputs& in) { return in[0] + in[1]; }};
  node.is_overwritable = node.is_sum = true;
  return append(std::move(node), a.channels);
}

Graph::Value Graph::apply(const std::vector<Value>& inputs, std::int64_t channels, Function function) {
  Node node;
  for (const Value& each : inputs) node.inputs.push_back(each.index);
  node.run = std::move(function);
  return append(std::move(node), channels);
}

// Keras sorts layers by how many steps they are from the end, then by when they were made.
std::vector<std::string> Graph::layers(const torch::nn::Module& owner) const {
  const auto is_part = [&](const Node& node) {
    return node.owner == &owner || (node.owner == nullptr && &owner == first_owner_);
  };
  std::vector<int> steps(nodes_.size(), 0);
  for (std::size_t i = nodes_.size(); i-- > 0;) {
    if (!is_part(nodes_[i])) continue;
    for (const std::size_t input : nodes_[i].inputs)
      steps[input] = std::max(steps[input], steps[i] + (nodes_[i].padded ? 2 : 1));
  }
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (is_part(nodes_[i])) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return steps[a] > steps[b]; });
  std::vector<std::string> names;
  for (const std::size_t i : order) {
    if (nodes_[i].padded) names.emplace_back();
    names.push_back(nodes_[i].name);
  }
  return names;
}

std::vector<Graph::Unit> Graph::units(const std::vector<int>& uses) const {
  std::vector<Unit> units(nodes_.size());
  const auto join = [&](std::size_t i, std::size_t source, Unit joined) {
    units[i] = std::move(joined);
    units[source].is_joined = true;
  };
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const Node& node = nodes_[i];
    units[i].inputs = node.inputs;
    units[i].norm = node.norm;
    for (const std::size_t source : node.inputs) {
      const Unit& before = units[source];
      if (!before.norm || uses[source] != 1 || nodes_[source].activation) continue;
      if (node.is_sum && nodes_[source].norm) {
        const std::size_t other = node.inputs[source == node.inputs[0] ? 1 : 0];
        join(i, source, {{before.inputs[0], other}, before.norm});
        break;
      }
      if (node.activation && nodes_[source].norm)
        join(i, source, {before.inputs, before.norm, *node.activation});
      if (node.activation && nodes_[source].is_sum && is_relu(*node.activation))
        join(i, source, {before.inputs, before.norm, {}, *node.activation});
    }
  }
  return units;
}

std::vector<torch::Tensor> Graph::run(const torch::Tensor& image, const std::vector<Value>& outputs) const {
  std::vector<std::vector<std::size_t>> reads;
  for (const Node& node : nodes_) reads.push_back(node.inputs);
  for (const Value& each : outputs) reads.push_back({each.index});
  const std::vector<Unit> units = this->units(count_uses(reads, nodes_.size()));
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    reads[i] = units[i].is_joined ? std::vector<std::size_t>() : units[i].inputs;
  std::vector<int> left = count_uses(reads, nodes_.size());
  std::vector<torch::Tensor> values(nodes_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const Node& node = nodes_[i];
    const Unit& unit = units[i];
    if (unit.is_joined) continue;
    Inputs inputs;
    for (const std::size_t index : unit.inputs) inputs.push_back(values[index]);
    if (!node.run) {
      values[i] = image;
    } else if (unit.norm) {
      const torch::Tensor shortcut = inputs.size() > 1 ? inputs[1] : torch::Tensor();
      values[i] = norm_tail(unit.norm, inputs[0],
                            {.inner = unit.inner, .factors = {}, .shortcut = shortcut, .outer = unit.outer});
    } else if (node.activation && is_relu(*node.activation) && nodes_[node.inputs[0]].is_overwritable &&
               left[node.inputs[0]] == 1) {
      values[i] = inputs[0].relu_();
    } else {
      values[i] = node.run(inputs);
    }
    for (const std::size_t index : unit.inputs) {
      if (--left[index] == 0) values[index].reset();
    }
  }
  std::vector<torch::Tensor> results;
  for (const Value& each : outputs) results.push_back(values[each.index]);
  return results;
}

}  // namespace nadir
