#include "models/blocks/recompute.h"

#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <memory>
#include <mutex>

namespace nadir {
namespace {

using Tensors = std::vector<torch::Tensor>;
using Function = std::function<torch::Tensor(const Tensors&)>;

// What the result of a pass depends on beside its tensors.
class Surroundings {
 public:
  explicit Surroundings(torch::Device device) : device_(device) {
    autocast_ = at::autocast::is_autocast_enabled(device.type());
    type_ = at::autocast::get_autocast_dtype(device.type());
    for (at::Generator& each : generators()) {
      const std::lock_guard<std::mutex> lock(each.mutex());
      states_.push_back(each.get_state());
    }
  }
  void establish() const {
    at::autocast::set_autocast_enabled(device_.type(), autocast_);
    at::autocast::set_autocast_dtype(device_.type(), type_);
    std::vector<at::Generator> all = generators();
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::lock_guard<std::mutex> lock(all[i].mutex());
      all[i].set_state(states_[i]);
    }
  }
  torch::Device device() const { return device_; }

 private:
  std::vector<at::Generator> generators() const {
    std::vector<at::Generator> all = {at::globalContext().defaultGenerator(torch::kCPU)};
    if (!device_.is_cpu()) all.push_back(at::globalContext().defaultGenerator(device_));
    return all;
  }

  torch::Device device_;
  bool autocast_ = false;
  torch::ScalarType type_ = torch::kFloat32;
  std::vector<torch::Tensor> states_;  // of the generators
};

// Copies that autocast made of weights belong to the pass that made them: without gradients they are of no
// use to the next.
class FreshCasts {
 public:
  FreshCasts() : was_(at::autocast::is_autocast_cache_enabled()) {
    at::autocast::set_autocast_cache_enabled(false);
  }
  ~FreshCasts() { at::autocast::set_autocast_cache_enabled(was_); }
  FreshCasts(const FreshCasts&) = delete;
  FreshCasts& operator=(const FreshCasts&) = delete;

 private:
  bool was_;
};

// Held apart from autograd's context, which keeps plain values and tensors alone.
struct Pass : torch::CustomClassHolder {
  Pass(Function f, std::size_t n, const Surroundings& s)
      : function(std::move(f)), inputs(n), surroundings(s) {}
  Function function;
  std::size_t inputs;  // of all tensors, how many are inputs; weights follow
  Surroundings surroundings;
};

class Recompute : public torch::autograd::Function<Recompute> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context,
                               const c10::intrusive_ptr<Pass>& pass, at::TensorList tensors) {
    context->save_for_backward(tensors.vec());
    context->saved_data["pass"] = torch::IValue::make_capsule(pass);
    const FreshCasts fresh;
    return pass->function(tensors.slice(0, pass->inputs).vec());
  }

  static Tensors backward(torch::autograd::AutogradContext* context, const Tensors& gradients) {
    const auto capsule = context->saved_data["pass"].toCapsule();
    const Pass& pass = static_cast<const Pass&>(*capsule);
    const Tensors saved = context->get_saved_variables();
    Tensors wanted, inputs;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < saved.size(); ++i) {
      const bool learns = saved[i].requires_grad();
      torch::Tensor leaf = saved[i];
      if (i < pass.inputs) {
        leaf = leaf.detach().set_requires_grad(learns);
        inputs.push_back(leaf);
      }
      if (learns) wanted.push_back(leaf), places.push_back(i);
    }
    const Tensors found = torch::autograd::grad({again(pass, inputs)}, wanted, {gradients[0]},
                                                /*retain_graph=*/false, /*create_graph=*/false,
                                                /*allow_unused=*/true);
    Tensors result(saved.size() + 1);  // the first is of `pass`
    for (std::size_t i = 0; i < places.size(); ++i) result[places[i] + 1] = found[i];
    return result;
  }

 private:
  static torch::Tensor again(const Pass& pass, const Tensors& inputs) {
    const Surroundings now(pass.surroundings.device());
    const torch::AutoGradMode with_gradients(true);
    const FreshCasts fresh;
    pass.surroundings.establish();
    const torch::Tensor output = pass.function(inputs);
    now.establish();
    return output;
  }
};

}  // namespace

torch::Tensor recompute(const std::function<torch::Tensor(const std::vector<torch::Tensor>&)>& function,
                        const std::vector<torch::Tensor>& inputs, const std::vector<torch::Tensor>& weights) {
  if (!torch::GradMode::is_enabled()) return function(inputs);
  Tensors all = inputs;
  for (const torch::Tensor& each : weights) {
    if (each.requires_grad()) all.push_back(each);
  }
  const auto pass = c10::make_intrusive<Pass>(function, inputs.size(), Surroundings(inputs.at(0).device()));
  return Recompute::apply(pass, at::TensorList(all));
}

}  // namespace nadir
