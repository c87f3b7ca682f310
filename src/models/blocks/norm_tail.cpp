#include "models/blocks/norm_tail.h"

#include <ATen/Parallel.h>
#include <torch/nn/functional.h>

#include "models/blocks/norm_tail_kernel.h"

namespace nadir {
namespace {

using torch::Tensor;

// How a channels-last map is cut into rows and chunks of them. A chunk lies within an image, since dropout's
// factors are an image's own, and is the same whatever the number of threads: sums come out the same.
struct Layout {
  std::int64_t images, channels, pixels;  // of an image
  std::int64_t fold = 1;                  // pixels of a row
  std::int64_t rows, chunk_rows, chunks;  // of an image

  explicit Layout(const Tensor& x) : images(x.size(0)), channels(x.size(1)), pixels(x.size(2) * x.size(3)) {
    constexpr std::int64_t kWidth = 64, kChunk = 16384;  // values: enough for vectors; a chunk stays in cache
    while (channels * fold < kWidth && pixels % (2 * fold) == 0) fold *= 2;
    rows = pixels / fold;
    chunk_rows = std::clamp<std::int64_t>(kChunk / width(), 1, rows);
    chunks = (rows + chunk_rows - 1) / chunk_rows;
  }
  std::int64_t width() const { return channels * fold; }
  std::int64_t all_chunks() const { return images * chunks; }
  std::int64_t count() const { return images * pixels; }  // values of a channel
};

struct Chunk {
  std::int64_t image, offset, rows;  // offset: of its first value in the map
};

Chunk chunk_at(const Layout& layout, std::int64_t index) {
  const std::int64_t image = index / layout.chunks, first = index % layout.chunks * layout.chunk_rows;
  return {image, (image * layout.rows + first) * layout.width(),
          std::min(layout.chunk_rows, layout.rows - first)};
}

template <class Job>
void for_each_chunk(const Layout& layout, const Job& job) {
  at::parallel_for(0, layout.all_chunks(), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) job(i, chunk_at(layout, i));
  });
}

template <class T>
const T* values(const Tensor& map) {
  return map.defined() ? static_cast<const T*>(map.const_data_ptr()) : nullptr;
}
template <class T>
T* values_to_write(const Tensor& map) {
  return map.defined() ? static_cast<T*>(map.mutable_data_ptr()) : nullptr;
}

// Calls with a value of the type that the loops have for the map's.
template <class Job>
void with_type(const Tensor& map, const Job& job) {
  if (map.scalar_type() == torch::kBFloat16) {
    job(kernel::BFloat16{});
  } else {
    job(0.0F);
  }
}

// Constants of the channels, [C] or [1], or [N, C] of the images' own, written out for each lane.
std::vector<float> lanes_of(const Layout& layout, const Tensor& constants) {
  const Tensor each = constants.to(torch::kFloat32).contiguous();
  const std::int64_t sets = each.dim() > 1 ? each.size(0) : 1;
  std::vector<float> lanes(static_cast<std::size_t>(sets * layout.width()), each.const_data_ptr<float>()[0]);
  if (each.numel() == 1) return lanes;
  auto to = lanes.begin();
  for (std::int64_t n = 0; n < sets; ++n) {
    for (std::int64_t i = 0; i < layout.fold; ++i)
      to = std::copy_n(each.const_data_ptr<float>() + n * layout.channels, layout.channels, to);
  }
  return lanes;
}

// The channels' sums of what each chunk has in lanes: partial [chunks, kinds, width] -> [kinds, channels].
Tensor add_chunks(const Layout& layout, const std::vector<float>& partial, std::int64_t kinds) {
  Tensor sums = torch::zeros({kinds, layout.channels}, torch::kFloat64);
  double* const to = sums.mutable_data_ptr<double>();
  std::size_t at = 0;
  for (std::int64_t chunk = 0; chunk < layout.all_chunks(); ++chunk) {
    for (std::int64_t kind = 0; kind < kinds; ++kind) {
      for (std::int64_t i = 0; i < layout.fold; ++i) {
        for (std::int64_t c = 0; c < layout.channels; ++c)
          to[kind * layout.channels + c] += static_cast<double>(partial[at++]);
      }
    }
  }
  return sums;
}

struct Statistics {
  Tensor mean, variance;  // [C] float64; the variance is the biased one
};

// Chan et al. (1979): the sum of squares around the mean is that around the parts' means and what these are
// off.
Statistics batch_statistics(const Layout& layout, const Tensor& x) {
  const auto width = static_cast<std::size_t>(layout.width());
  std::vector<float> partial(static_cast<std::size_t>(layout.all_chunks()) * 2 * width);
  with_type(x, [&](auto type) {
    const auto* const from = values<decltype(type)>(x);
    for_each_chunk(layout, [&](std::int64_t index, const Chunk& chunk) {
      float* const to = partial.data() + static_cast<std::size_t>(index) * 2 * width;
      kernel::moments(from + chunk.offset, static_cast<std::size_t>(chunk.rows), width, to, to + width);
    });
  });
  const auto count = static_cast<double>(layout.count());
  const Tensor sums = add_chunks(layout, partial, 2);
  const Tensor mean = sums[0] / count;
  Tensor squares = sums[1].clone();
  const double* const centre = mean.const_data_ptr<double>();
  double* const to = squares.mutable_data_ptr<double>();
  for (std::int64_t index = 0; index < layout.all_chunks(); ++index) {
    const auto rows = static_cast<double>(chunk_at(layout, index).rows);
    const float* const sum = partial.data() + static_cast<std::size_t>(index) * 2 * width;
    for (std::int64_t j = 0; j < layout.width(); ++j) {
      const double off = static_cast<double>(sum[j]) / rows - centre[j % layout.channels];
      to[j % layout.channels] += rows * off * off;
    }
  }
  return {mean, squares / count};
}

// What the loops need to know of the norm and its tail.
class Lanes {
 public:
  Lanes(const Layout& layout, const Tensor& scale, const Tensor& shift, const Tensor& mean,
        const Tensor& inner, const Tensor& outer, const Tensor& factors)
      : scale_(lanes_of(layout, scale)),
        shift_(lanes_of(layout, shift)),
        mean_(lanes_of(layout, mean)),
        inner_(lanes_of(layout, inner)),
        outer_(lanes_of(layout, outer)),
        factors_(lanes_of(layout, factors.defined() ? factors.flatten(1) : torch::ones({1}))),
        next_factors_(factors.defined() ? static_cast<std::size_t>(layout.width()) : 0) {}
  kernel::TailLanes of_image(std::int64_t image) const {
    return {.scale = scale_.data(),
            .shift = shift_.data(),
            .mean = mean_.data(),
            .slope_in = inner_.data(),
            .factor = factors_.data() + static_cast<std::size_t>(image) * next_factors_,
            .slope_out = outer_.data()};
  }

 private:
  std::vector<float> scale_, shift_, mean_, inner_, outer_, factors_;
  std::size_t next_factors_;  // from an image's to the next one's
};

Tensor run_forward(const Layout& layout, const Lanes& lanes, const Tensor& x, const Tensor& shortcut) {
  Tensor y = torch::empty_like(x);
  with_type(x, [&](auto type) {
    using T = decltype(type);
    const T *const from = values<T>(x), *const other = values<T>(shortcut);
    T* const to = values_to_write<T>(y);
    for_each_chunk(layout, [&](std::int64_t, const Chunk& chunk) {
      kernel::tail_forward<T>(from + chunk.offset, other ? other + chunk.offset : nullptr,
                              lanes.of_image(chunk.image), static_cast<std::size_t>(chunk.rows),
                              static_cast<std::size_t>(layout.width()), to + chunk.offset);
    });
  });
  return y;
}

// The sums of TailSums, [4, C] float64. `grad_shortcut` is written where it is defined.
Tensor run_backward_sums(const Layout& layout, const Lanes& lanes, const Tensor& x, const Tensor& shortcut,
                         const Tensor& grad, const Tensor& grad_shortcut) {
  const auto width = static_cast<std::size_t>(layout.width());
  std::vector<float> partial(static_cast<std::size_t>(layout.all_chunks()) * 4 * width);
  with_type(x, [&](auto type) {
    using T = decltype(type);
    const T *const from = values<T>(x), *const other = values<T>(shortcut), *const dy = values<T>(grad);
    T* const ds = values_to_write<T>(grad_shortcut);
    for_each_chunk(layout, [&](std::int64_t index, const Chunk& chunk) {
      float* const to = partial.data() + static_cast<std::size_t>(index) * 4 * width;
      kernel::tail_backward_sums<T>(
          from + chunk.offset, other ? other + chunk.offset : nullptr, dy + chunk.offset,
          lanes.of_image(chunk.image), static_cast<std::size_t>(chunk.rows), width,
          ds ? ds + chunk.offset : nullptr, {to, to + width, to + 2 * width, to + 3 * width});
    });
  });
  return add_chunks(layout, partial, 4);
}

Tensor run_backward_input(const Layout& layout, const Lanes& lanes, const Tensor& x, const Tensor& grad,
                          const Tensor& along, const Tensor& constant) {
  const std::vector<float> slope = lanes_of(layout, along), shift = lanes_of(layout, constant);
  Tensor grad_x = torch::empty_like(x);
  with_type(x, [&](auto type) {
    using T = decltype(type);
    const T *const from = values<T>(x), *const dy = values<T>(grad);
    T* const to = values_to_write<T>(grad_x);
    for_each_chunk(layout, [&](std::int64_t, const Chunk& chunk) {
      kernel::tail_backward_input<T>(from + chunk.offset, dy + chunk.offset, lanes.of_image(chunk.image),
                                     slope.data(), shift.data(), static_cast<std::size_t>(chunk.rows),
                                     static_cast<std::size_t>(layout.width()), to + chunk.offset);
    });
  });
  return grad_x;
}

// The sum over channels where one weight serves all.
Tensor slope_gradient(const Tensor& sums, const Tensor& weight) {
  return (weight.numel() == 1 ? sums.sum().reshape({1}) : sums).to(weight.scalar_type());
}

// Arguments: x, the norm's weight and bias, its mean and inverse deviation ([C] float64), inner and outer
// slope
// ([1] or [C]), factors, shortcut, and whether mean and deviation are those of x.
class NormTailFunction : public torch::autograd::Function<NormTailFunction> {
 public:
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x, const Tensor& weight,
                        const Tensor& bias, const Tensor& mean, const Tensor& inverse, const Tensor& inner,
                        const Tensor& outer, const std::optional<Tensor>& factors,
                        const std::optional<Tensor>& shortcut, bool of_batch) {
    const Layout layout(x);
    const Tensor scale = weight.to(torch::kFloat64) * inverse;
    const Tensor shift = bias.to(torch::kFloat64) - scale * mean;
    context->save_for_backward({x, weight, scale, shift, mean, inverse, inner, outer,
                                factors.value_or(Tensor()), shortcut.value_or(Tensor())});
    context->saved_data["of_batch"] = of_batch;
    return run_forward(layout, Lanes(layout, scale, shift, mean, inner, outer, factors.value_or(Tensor())), x,
                       shortcut.value_or(Tensor()));
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list grads) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1], &scale = saved[2], &shift = saved[3], &mean = saved[4];
    const Tensor &inverse = saved[5], &inner = saved[6], &outer = saved[7], &factors = saved[8];
    const Tensor& shortcut = saved[9];
    const Layout layout(x);
    Tensor grad = grads[0].to(x.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
    const Lanes lanes(layout, scale, shift, mean, inner, outer, factors);
    const Tensor grad_shortcut = shortcut.defined() ? torch::empty_like(shortcut) : Tensor();
    const Tensor sums = run_backward_sums(layout, lanes, x, shortcut, grad, grad_shortcut);

    // du goes back through the norm: dx = scale (du - mean(du) - x_hat mean(du x_hat)).
    const bool of_batch = context->saved_data["of_batch"].toBool();
    const double share = of_batch ? 1.0 / static_cast<double>(layout.count()) : 0.0;
    const Tensor along = -share * scale * inverse * inverse * sums[1], constant = -share * scale * sums[0];
    Tensor grad_x;
    if (shortcut.defined()) {
      const Lanes inside(layout, scale, shift, mean, inner, torch::ones({1}), factors);
      grad_x = run_backward_input(layout, inside, x, grad_shortcut, along, constant);
    } else {
      grad_x = run_backward_input(layout, lanes, x, grad, along, constant);
    }
    const auto type = weight.scalar_type();
    return {grad_x,
            (sums[1] * inverse).to(type),
            sums[0].to(type),
            Tensor(),
            Tensor(),
            slope_gradient(sums[2], inner),
            slope_gradient(sums[3], outer),
            Tensor(),
            grad_shortcut,
            Tensor()};
  }
};

bool loops_apply(const torch::nn::BatchNorm2dImpl& norm, const Tensor& x, const NormTail& tail) {
  const auto is_map = [](const Tensor& each) {
    return each.device().is_cpu() && each.dim() == 4 && each.is_contiguous(at::MemoryFormat::ChannelsLast) &&
           !each.is_contiguous();
  };
  const bool type = x.scalar_type() == torch::kFloat32 || x.scalar_type() == torch::kBFloat16;
  if (!type || !is_map(x) || x.size(0) * x.size(2) * x.size(3) < 2) return false;
  if (tail.shortcut.defined() && (!is_map(tail.shortcut) || tail.shortcut.sizes() != x.sizes() ||
                                  tail.shortcut.scalar_type() != x.scalar_type()))
    return false;
  const auto& options = norm.options;
  return options.affine() && options.track_running_stats() && options.momentum().has_value() &&
         options.num_features() == x.size(1) && norm.weight.scalar_type() == torch::kFloat32;
}

// The batch's statistics, which join the running ones as torch's do.
Statistics learn_statistics(torch::nn::BatchNorm2dImpl& norm, const Tensor& x) {
  const torch::NoGradGuard no_grad;
  const Layout layout(x);
  const Statistics batch = batch_statistics(layout, x);
  const double share = *norm.options.momentum(), count = static_cast<double>(layout.count());
  norm.num_batches_tracked += 1;
  norm.running_mean.mul_(1 - share).add_(batch.mean.to(torch::kFloat32), share);
  norm.running_var.mul_(1 - share).add_((batch.variance * (count / (count - 1))).to(torch::kFloat32), share);
  return batch;
}

// Functions of autograd's take what is not there as an empty optional.
std::optional<Tensor> given(const Tensor& value) {
  return value.defined() ? std::optional<Tensor>(value) : std::nullopt;
}

Tensor slope_tensor(const Leaky& activation) {
  return activation.weight.defined() ? activation.weight : torch::full({1}, activation.slope);
}

Tensor activate(const Tensor& x, const Leaky& activation) {
  if (activation.weight.defined()) return torch::prelu(x, activation.weight.to(x.scalar_type()));
  if (activation.slope == 0) return x.relu();
  return activation.slope == 1 ? x : torch::leaky_relu(x, activation.slope);
}

Tensor one_after_another(torch::nn::BatchNorm2d norm, const Tensor& x, const NormTail& tail) {
  Tensor y = norm->forward(x);
  y = tail.inner.slope == 0 && !tail.inner.weight.defined() ? y.relu_() : activate(y, tail.inner);
  if (tail.factors.defined()) y = y * tail.factors;
  if (!tail.shortcut.defined()) return activate(y, tail.outer);
  y = y + tail.shortcut;
  return tail.outer.slope == 0 && !tail.outer.weight.defined() ? y.relu_() : activate(y, tail.outer);
}

}  // namespace

Tensor norm_tail(torch::nn::BatchNorm2d norm, const Tensor& x, const NormTail& tail) {
  if (!loops_apply(*norm, x, tail)) return one_after_another(norm, x, tail);
  const bool of_batch = norm->is_training();
  const Statistics statistics =
      of_batch ? learn_statistics(*norm, x)
               : Statistics{norm->running_mean.to(torch::kFloat64), norm->running_var.to(torch::kFloat64)};
  const Tensor inverse = (statistics.variance + norm->options.eps()).rsqrt();
  return NormTailFunction::apply(x, norm->weight, norm->bias, statistics.mean, inverse,
                                 slope_tensor(tail.inner), slope_tensor(tail.outer), given(tail.factors),
                                 given(tail.shortcut), of_batch);
}

Tensor norm_relu(torch::nn::BatchNorm2d norm, const Tensor& x, const Tensor& shortcut) {
  if (!shortcut.defined()) {
    return norm_tail(norm, x, {.inner = relu_activation(), .factors = {}, .shortcut = {}, .outer = {}});
  }
  return norm_tail(norm, x, {.inner = {}, .factors = {}, .shortcut = shortcut, .outer = relu_activation()});
}

Tensor drop_factors(const torch::nn::Dropout2d& drop, const Tensor& x) {
  const double p = drop->options.p();
  if (!drop->is_training() || p == 0) return {};
  return torch::empty({x.size(0), x.size(1), 1, 1}, x.options().memory_format(at::MemoryFormat::Contiguous))
      .bernoulli_(1 - p)
      .div_(1 - p);
}

}  // namespace nadir
