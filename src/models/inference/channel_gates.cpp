#include "models/inference/channel_gates.h"

#include <algorithm>

#include "core/parallel.h"
#include "models/blocks/map_type.h"
#include "models/inference/channel_kernel.h"

namespace nadir {
namespace {

using torch::Tensor;

bool loops_apply(const Tensor& map) {
  const bool type = map.scalar_type() == torch::kFloat32 || map.scalar_type() == torch::kBFloat16;
  return type && map.device().is_cpu() && map.dim() == 4 && map.numel() > 0 &&
         map.is_contiguous(torch::MemoryFormat::ChannelsLast);
}

std::size_t size(std::int64_t number) { return static_cast<std::size_t>(number); }

// [N, C, H, W] -> [N, C, 1, 1]
Tensor means(const Tensor& map) {
  constexpr std::int64_t kWidth = 128;  // channels of a part
  const std::int64_t channels = map.size(1), pixels = map.size(2) * map.size(3);
  const std::int64_t parts = (channels + kWidth - 1) / kWidth;
  const Tensor result = torch::empty({map.size(0), channels, 1, 1}, map.options());
  with_type(map, [&](auto type) {
    using T = decltype(type);
    const auto* const from = static_cast<const T*>(map.const_data_ptr());
    auto* const to = static_cast<T*>(result.mutable_data_ptr());
    parallel_for(0, map.size(0) * parts, 1, [&](std::int64_t begin, std::int64_t end) {
      float sum[kWidth];
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t image = i / parts, first = i % parts * kWidth;
        kernel::channel_means(from + image * pixels * channels + first, size(pixels), size(channels),
                              size(std::min(kWidth, channels - first)), sum, to + image * channels + first);
      }
    });
  });
  return result;
}

// map: [N, C, H, W]; gate: [N, C, 1, 1], contiguous
Tensor scaled(const Tensor& map, const Tensor& gate) {
  const std::int64_t channels = map.size(1), pixels = map.size(2) * map.size(3), all = map.size(0) * pixels;
  const std::int64_t grain = std::max<std::int64_t>(1, 16384 / channels);
  const Tensor result = torch::empty_like(map);
  with_type(map, [&](auto type) {
    using T = decltype(type);
    const auto *const from = static_cast<const T*>(map.const_data_ptr()), *const factors =
                                                                              static_cast<const T*>(
                                                                                  gate.const_data_ptr());
    auto* const to = static_cast<T*>(result.mutable_data_ptr());
    parallel_for(0, all, grain, [&](std::int64_t begin, std::int64_t end) {
      while (begin < end) {  // image by image
        const std::int64_t image = begin / pixels, stop = std::min(end, (image + 1) * pixels);
        kernel::scale_channels(from + begin * channels, factors + image * channels, size(stop - begin),
                               size(channels), to + begin * channels);
        begin = stop;
      }
    });
  });
  return result;
}

using Run = std::function<void(std::vector<c10::IValue>&)>;

// aten::mean(map, dimensions, keepdim, dtype)
bool is_mean_over_pixels(const Step& step) {
  if (step.operation != "aten::mean" || step.inputs.size() != 4 || !step.inputs[0].value) return false;
  if (!step.inputs[1].constant.isIntList() || !step.inputs[3].constant.isNone()) return false;
  return step.inputs[1].constant.toIntVector() == std::vector<std::int64_t>{2, 3};
}

Run mean_runner(bool keep_dimensions, Run otherwise) {
  return [keep_dimensions, otherwise = std::move(otherwise)](std::vector<c10::IValue>& stack) {
    const Tensor map = stack[stack.size() - 4].toTensor();
    if (!loops_apply(map)) return otherwise(stack);
    stack.resize(stack.size() - 4);
    stack.emplace_back(keep_dimensions ? means(map) : means(map).flatten(1));
  };
}

// aten::mul(map, gate)
bool is_product_with_gate(const Program& program, const Step& step) {
  if (step.operation != "aten::mul" || !step.inputs[0].value || !step.inputs[1].value) return false;
  const auto &map = program.shapes[*step.inputs[0].value], &gate = program.shapes[*step.inputs[1].value];
  return map.size() == 4 && gate == std::vector<std::int64_t>{map[0], map[1], 1, 1};
}

Run product_runner(Run otherwise) {
  return [otherwise = std::move(otherwise)](std::vector<c10::IValue>& stack) {
    const Tensor map = stack[stack.size() - 2].toTensor(), gate = stack[stack.size() - 1].toTensor();
    if (!loops_apply(map) || gate.scalar_type() != map.scalar_type() || !gate.device().is_cpu())
      return otherwise(stack);
    stack.resize(stack.size() - 2);
    stack.emplace_back(scaled(map, gate.contiguous()));
  };
}

}  // namespace

void choose_channel_loops(Program& program) {
  for (Step& step : program.steps) {
    if (is_mean_over_pixels(step)) {
      step.run = mean_runner(step.inputs[2].constant.toBool(), std::move(step.run));
    } else if (is_product_with_gate(program, step)) {
      step.run = product_runner(std::move(step.run));
    }
  }
}

}  // namespace nadir
