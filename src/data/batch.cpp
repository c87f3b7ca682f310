#include "data/batch.h"

#include <cstring>

#include "data/pixel_types.h"

namespace nadir {
namespace {

std::string describe(const torch::Tensor& tensor) {
  if (!tensor.defined()) return "nothing";
  std::string text;
  for (const std::int64_t size : tensor.sizes()) text += std::to_string(size) + " x ";
  return text + pixel_type_name(tensor.scalar_type());
}

[[noreturn]] void throw_different(const Sample& a, const torch::Tensor& in_a, const Sample& b,
                                  const torch::Tensor& in_b, const std::string& what) {
  throw DataError("samples of a batch must be alike, but the " + what + " of " + a.id + " is " +
                  describe(in_a) + " and that of " + b.id + " is " + describe(in_b) +
                  "; use a sampler with a fixed size, or a batch size of 1");
}

// The samples' tensors one after another along a new first dimension.
torch::Tensor stack(const std::vector<Sample>& samples, torch::Tensor Sample::*member,
                    const std::string& what, bool pin) {
  const torch::Tensor& first = samples[0].*member;
  for (const Sample& sample : samples) {
    const torch::Tensor& each = sample.*member;
    const bool alike =
        each.defined() == first.defined() &&
        (!each.defined() || (each.sizes() == first.sizes() && each.scalar_type() == first.scalar_type()));
    if (!alike) throw_different(samples[0], first, sample, each, what);
  }
  if (!first.defined()) return {};
  std::vector<std::int64_t> shape = first.sizes().vec();
  shape.insert(shape.begin(), static_cast<std::int64_t>(samples.size()));
  torch::Tensor stacked = torch::empty(shape, first.options().pinned_memory(pin));
  auto* to = static_cast<std::byte*>(stacked.mutable_data_ptr());
  for (const Sample& sample : samples) {
    const torch::Tensor from = (sample.*member).contiguous();
    std::memcpy(to, from.const_data_ptr(), from.nbytes());
    to += from.nbytes();
  }
  return stacked;
}

std::vector<Sample> with_valid_masks(const std::vector<Sample>& samples) {
  std::vector<Sample> filled = samples;
  for (Sample& each : filled) {
    if (!each.valid.defined())
      each.valid = torch::ones({each.image.size(-2), each.image.size(-1)}, torch::kBool);
  }
  return filled;
}

}  // namespace

Batch make_batch(const std::vector<Sample>& samples, bool pin) {
  Batch batch;
  for (const Sample& each : samples) batch.ids.push_back(each.id);
  batch.images = stack(samples, &Sample::image, "image", pin);
  batch.targets = stack(samples, &Sample::target, "target", pin);
  const bool masked =
      std::any_of(samples.begin(), samples.end(), [](const Sample& s) { return s.valid.defined(); });
  if (masked) batch.valid = stack(with_valid_masks(samples), &Sample::valid, "valid mask", pin);
  return batch;
}

}  // namespace nadir
