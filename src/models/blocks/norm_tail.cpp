#include "models/blocks/norm_tail.h"

#include <torch/nn/functional.h>

#include <numeric>

#include "core/parallel.h"
#include "models/blocks/map_type.h"
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
  parallel_for(0, layout.all_chunks(), 1, [&](std::int64_t begin, std::int64_t end) {
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

// One number for each channel; a single one stands for all.
using Values = std::vector<double>;

// of: [C] or [1] float32
Values values_of(const Tensor& of) {
  const Tensor plain = of.contiguous();
  const float* const from = plain.const_data_ptr<float>();
  return {from, from + plain.numel()};
}

Tensor tensor_of(const Values& values) {
  Tensor made = torch::empty({static_cast<std::int64_t>(values.size())}, torch::kFloat32);
  std::transform(values.begin(), values.end(), made.mutable_data_ptr<float>(),
                 [](double value) { return static_cast<float>(value); });
  return made;
}

// Written out for each lane.
std::vector<float> lanes_of(const Layout& layout, const Values& each) {
  std::vector<float> lanes(static_cast<std::size_t>(layout.width()));
  for (std::size_t j = 0; j < lanes.size(); ++j) lanes[j] = static_cast<float>(each[j % each.size()]);
  return lanes;
}

// Lanes of each image, one after another; of all images where there are no factors.
std::vector<float> factor_lanes(const Layout& layout, const Tensor& factors) {
  if (!factors.defined()) return lanes_of(layout, {1.0});
  const Tensor each = factors.to(torch::kFloat32).contiguous();
  std::vector<float> lanes;
  lanes.reserve(static_cast<std::size_t>(layout.images * layout.width()));
  for (std::int64_t n = 0; n < layout.images; ++n) {
    const float* const from = each.const_data_ptr<float>() + n * layout.channels;
    for (std::int64_t i = 0; i < layout.fold; ++i) lanes.insert(lanes.end(), from, from + layout.channels);
  }
  return lanes;
}

// The channels' sums of what each chunk has in lanes: partial [chunks, kinds, width] -> [kinds][channels].
std::vector<Values> add_chunks(const Layout& layout, const std::vector<float>& partial, std::size_t kinds) {
  const auto channels = static_cast<std::size_t>(layout.channels);
  std::vector<Values> sums(kinds, Values(channels, 0.0));
  auto from = partial.begin();
  for (std::int64_t chunk = 0; chunk < layout.all_chunks(); ++chunk) {
    for (Values& sum : sums) {
      for (std::int64_t i = 0; i < layout.fold; ++i) {
        for (std::size_t c = 0; c < channels; ++c) sum[c] += static_cast<double>(*from++);
      }
    }
  }
  return sums;
}

struct Statistics {
  Values mean, variance;  // the variance is the biased one
};

// Chan et al. (1979): the sum of squares around the mean is that around the parts' means and what these are
// off.
Statistics batch_statistics(const Layout& layout, const Tensor& x) {
  const auto width = static_cast<std::size_t>(layout.width()),
             channels = static_cast<std::size_t>(layout.channels);
  std::vector<float> partial(static_cast<std::size_t>(layout.all_chunks()) * 2 * width);
  with_type(x, [&](auto type) {
    const auto* const from = values<decltype(type)>(x);
    for_each_chunk(layout, [&](std::int64_t index, const Chunk& chunk) {
      float* const to = partial.data() + static_cast<std::size_t>(index) * 2 * width;
      kernel::moments(from + chunk.offset, static_cast<std::size_t>(chunk.rows), width, to, to + width);
    });
  });
  const auto count = static_cast<double>(layout.count());
  std::vector<Values> sums = add_chunks(layout, partial, 2);
  Values &mean = sums[0], &squares = sums[1];
  for (double& each : mean) each /= count;
  for (std::int64_t index = 0; index < layout.all_chunks(); ++index) {
    const auto rows = static_cast<double>(chunk_at(layout, index).rows);
    const float* const sum = partial.data() + static_cast<std::size_t>(index) * 2 * width;
    for (std::size_t j = 0; j < width; ++j) {
      const double off = static_cast<double>(sum[j]) / rows - mean[j % channels];
      squares[j % channels] += rows * off * off;
    }
  }
  for (double& each : squares) each /= count;
  return {std::move(mean), std::move(squares)};
}

// norm(x) = x scale + shift
struct NormValues {
  Values mean, inverse, scale, shift;  // inverse: of the deviation
};

NormValues norm_values(const torch::nn::BatchNorm2dImpl& norm, const Statistics& statistics) {
  NormValues values{statistics.mean, statistics.variance, values_of(norm.weight), values_of(norm.bias)};
  for (std::size_t c = 0; c < values.mean.size(); ++c) {
    values.inverse[c] = 1 / std::sqrt(statistics.variance[c] + norm.options.eps());
    values.scale[c] *= values.inverse[c];
    values.shift[c] -= values.scale[c] * values.mean[c];
  }
  return values;
}

// As one tensor [4, C], for autograd to keep.
Tensor packed(const NormValues& values) {
  Tensor all = torch::empty({4, static_cast<std::int64_t>(values.mean.size())}, torch::kFloat64);
  double* to = all.mutable_data_ptr<double>();
  for (const Values* each : {&values.mean, &values.inverse, &values.scale, &values.shift})
    to = std::copy(each->begin(), each->end(), to);
  return all;
}

NormValues unpacked(const Tensor& all) {
  const auto row = [&](std::int64_t i) {
    const double* const from = all.const_data_ptr<double>() + i * all.size(1);
    return Values(from, from + all.size(1));
  };
  return {row(0), row(1), row(2), row(3)};
}

// What the loops need to know of the norm and its tail.
class Lanes {
 public:
  Lanes(const Layout& layout, const NormValues& norm, const Values& inner, const Values& outer,
        const Tensor& factors, kernel::Curve curve)
      : scale_(lanes_of(layout, norm.scale)),
        shift_(lanes_of(layout, norm.shift)),
        mean_(lanes_of(layout, norm.mean)),
        inner_(lanes_of(layout, inner)),
        outer_(lanes_of(layout, outer)),
        factors_(factor_lanes(layout, factors)),
        next_factors_(factors.defined() ? static_cast<std::size_t>(layout.width()) : 0),
        curve_(curve) {}
  kernel::TailLanes of_image(std::int64_t image) const {
    return {.scale = scale_.data(),
            .shift = shift_.data(),
            .mean = mean_.data(),
            .slope_in = inner_.data(),
            .factor = factors_.data() + static_cast<std::size_t>(image) * next_factors_,
            .slope_out = outer_.data(),
            .curve = curve_};
  }

 private:
  std::vector<float> scale_, shift_, mean_, inner_, outer_, factors_;
  std::size_t next_factors_;  // from an image's to the next one's
  kernel::Curve curve_;
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

// The four sums of TailSums. `grad_shortcut` is written where it is defined.
std::vector<Values> run_backward_sums(const Layout& layout, const Lanes& lanes, const Tensor& x,
                                      const Tensor& shortcut, const Tensor& grad,
                                      const Tensor& grad_shortcut) {
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
                          const Values& along, const Values& constant) {
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

// An activation's weight has a gradient; the sum over channels where one weight serves all.
Tensor slope_gradient(const Values& sums, const Tensor& weight) {
  if (!weight.defined()) return {};
  if (weight.numel() > 1) return tensor_of(sums);
  return tensor_of({std::accumulate(sums.begin(), sums.end(), 0.0)});
}

Values slopes_of(const Tensor& weight, double slope) {
  return weight.defined() ? values_of(weight) : Values{slope};
}

// Functions of autograd's take what is not there as an empty optional.
using Given = std::optional<Tensor>;
Given given(const Tensor& value) { return value.defined() ? Given(value) : std::nullopt; }

// inner, outer: an activation's weight, or its slope. norm: NormValues. of_batch: its statistics are those of
// x.
class NormTailFunction : public torch::autograd::Function<NormTailFunction> {
 public:
  // Weight and bias are here for their gradients; what they do is in `norm`.
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& x, const Tensor&,
                        const Tensor&, const Given& inner, const Given& outer, const Given& factors,
                        const Given& shortcut, const Tensor& norm, double inner_slope, double outer_slope,
                        kernel::Curve curve, bool of_batch) {
    const auto or_none = [](const Given& value) { return value.value_or(Tensor()); };
    context->save_for_backward(
        {x, norm, or_none(inner), or_none(outer), or_none(factors), or_none(shortcut)});
    context->saved_data["slopes"] = std::vector<double>{inner_slope, outer_slope};
    context->saved_data["curve"] = static_cast<std::int64_t>(curve);
    context->saved_data["of_batch"] = of_batch;
    const Layout layout(x);
    const Lanes lanes(layout, unpacked(norm), slopes_of(or_none(inner), inner_slope),
                      slopes_of(or_none(outer), outer_slope), or_none(factors), curve);
    return run_forward(layout, lanes, x, or_none(shortcut));
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list grads) {
    const auto saved = context->get_saved_variables();
    const Tensor &x = saved[0], &inner = saved[2], &outer = saved[3], &factors = saved[4],
                 &shortcut = saved[5];
    const NormValues norm = unpacked(saved[1]);
    const auto slopes = context->saved_data["slopes"].toDoubleVector();
    const Values inner_slopes = slopes_of(inner, slopes[0]), outer_slopes = slopes_of(outer, slopes[1]);
    const auto curve = static_cast<kernel::Curve>(context->saved_data["curve"].toInt());
    const Layout layout(x);
    const Tensor grad = grads[0].to(x.scalar_type()).contiguous(at::MemoryFormat::ChannelsLast);
    const Tensor grad_shortcut = shortcut.defined() ? torch::empty_like(shortcut) : Tensor();
    const std::vector<Values> sums =
        run_backward_sums(layout, Lanes(layout, norm, inner_slopes, outer_slopes, factors, curve), x,
                          shortcut, grad, grad_shortcut);
    // du goes back through the norm: dx = scale (du - mean(du) - x_hat mean(du x_hat)).
    const double share =
        context->saved_data["of_batch"].toBool() ? 1 / static_cast<double>(layout.count()) : 0;
    Values along = norm.scale, constant = norm.scale, grad_weight = sums[1];
    for (std::size_t c = 0; c < along.size(); ++c) {
      along[c] *= -share * norm.inverse[c] * norm.inverse[c] * sums[1][c];
      constant[c] *= -share * sums[0][c];
      grad_weight[c] *= norm.inverse[c];
    }
    // The sum's gradient is the shortcut's: it has passed the outer activation.
    const Lanes inside(layout, norm, inner_slopes, shortcut.defined() ? Values{1} : outer_slopes, factors,
                       curve);
    const Tensor grad_x =
        run_backward_input(layout, inside, x, shortcut.defined() ? grad_shortcut : grad, along, constant);
    const Tensor none;
    return {grad_x,
            tensor_of(grad_weight),
            tensor_of(sums[0]),
            slope_gradient(sums[2], inner),
            slope_gradient(sums[3], outer),
            none,
            grad_shortcut,
            none,
            none,
            none,
            none,
            none};
  }
};

bool loops_apply(const torch::nn::BatchNorm2dImpl& norm, const Tensor& x, const NormTail& tail) {
  if (is_traced()) return false;
  const auto is_map = [](const Tensor& each) {
    return each.device().is_cpu() && each.dim() == 4 && each.is_contiguous(at::MemoryFormat::ChannelsLast) &&
           !each.is_contiguous();
  };
  const bool type = x.scalar_type() == torch::kFloat32 || x.scalar_type() == torch::kBFloat16;
  if (tail.outer.curve != kernel::Curve::kLeaky) return false;
  if (!type || !is_map(x) || x.size(0) * x.size(2) * x.size(3) < 2) return false;
  if (tail.shortcut.defined() && (!is_map(tail.shortcut) || tail.shortcut.sizes() != x.sizes() ||
                                  tail.shortcut.scalar_type() != x.scalar_type()))
    return false;
  const auto& options = norm.options;
  return options.affine() && options.track_running_stats() && options.momentum().has_value() &&
         options.num_features() == x.size(1) && norm.weight.scalar_type() == torch::kFloat32 &&
         norm.running_mean.is_contiguous() && norm.running_var.is_contiguous();
}

// The batch's statistics, which join the running ones as torch's do.
Statistics learn_statistics(torch::nn::BatchNorm2dImpl& norm, const Tensor& x) {
  const torch::NoGradGuard no_grad;
  const Layout layout(x);
  Statistics batch = batch_statistics(layout, x);
  const double share = *norm.options.momentum(), count = static_cast<double>(layout.count());
  const auto join = [&](Tensor& running, const Values& found, double factor) {
    float* const to = running.mutable_data_ptr<float>();
    for (std::size_t c = 0; c < found.size(); ++c)
      to[c] = static_cast<float>((1 - share) * static_cast<double>(to[c]) + share * factor * found[c]);
  };
  norm.num_batches_tracked += 1;
  join(norm.running_mean, batch.mean, 1);
  join(norm.running_var, batch.variance, count / (count - 1));
  return batch;
}

Tensor activate(const Tensor& x, const TailActivation& activation) {
  if (activation.curve == kernel::Curve::kSilu) return torch::silu(x);
  if (activation.curve == kernel::Curve::kRelu6) return torch::relu6(x);
  if (activation.weight.defined()) {
    // A conversion to the type that the weight has already would be traced, and undo one to another type.
    const Tensor& weight = activation.weight;
    const bool same = weight.scalar_type() == x.scalar_type();
    return torch::prelu(x, same ? weight : weight.to(x.scalar_type()));
  }
  if (activation.slope == 0) return x.relu();
  return activation.slope == 1 ? x : torch::leaky_relu(x, activation.slope);
}

Tensor one_after_another(torch::nn::BatchNorm2d norm, const Tensor& x, const NormTail& tail) {
  Tensor y = norm->forward(x);
  y = is_relu(tail.inner) ? y.relu_() : activate(y, tail.inner);
  if (tail.factors.defined()) y = y * tail.factors;
  if (!tail.shortcut.defined()) return activate(y, tail.outer);
  y = y + tail.shortcut;
  return is_relu(tail.outer) ? y.relu_() : activate(y, tail.outer);
}

}  // namespace

Tensor norm_tail(torch::nn::BatchNorm2d norm, const Tensor& x, const NormTail& tail) {
  if (!loops_apply(*norm, x, tail)) return one_after_another(norm, x, tail);
  const bool of_batch = norm->is_training();
  const NormValues values =
      norm_values(*norm, of_batch ? learn_statistics(*norm, x)
                                  : Statistics{values_of(norm->running_mean), values_of(norm->running_var)});
  if (!torch::GradMode::is_enabled()) {
    const Layout layout(x);
    const Lanes lanes(layout, values, slopes_of(tail.inner.weight, tail.inner.slope),
                      slopes_of(tail.outer.weight, tail.outer.slope), tail.factors, tail.inner.curve);
    return run_forward(layout, lanes, x, tail.shortcut);
  }
  return NormTailFunction::apply(
      x, norm->weight, norm->bias, given(tail.inner.weight), given(tail.outer.weight), given(tail.factors),
      given(tail.shortcut), packed(values), tail.inner.slope, tail.outer.slope, tail.inner.curve, of_batch);
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
