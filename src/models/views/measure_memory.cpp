#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <atomic>

#include "nadir/model.h"

namespace nadir {
namespace {

// Told by torch's allocator of all that it gives out and takes back.
class AllocationCount final : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, std::int64_t size, std::size_t, std::size_t, c10::Device) override {
    const std::int64_t now = now_ += size;
    std::int64_t peak = peak_;
    while (now > peak && !peak_.compare_exchange_weak(peak, now)) {
    }
  }
  bool memoryProfilingEnabled() const override { return true; }
  std::int64_t now() const { return now_; }
  std::int64_t peak() const { return peak_; }

 private:
  std::atomic<std::int64_t> now_ = 0, peak_ = 0;  // backward passes have threads of their own
};

class Counting {
 public:
  Counting()
      : count_(std::make_shared<AllocationCount>()), guard_(c10::DebugInfoKind::PROFILER_STATE, count_) {}
  const AllocationCount* operator->() const { return count_.get(); }

 private:
  std::shared_ptr<AllocationCount> count_;
  c10::DebugInfoGuard guard_;
};

torch::Tensor sum_of(const ModelOutput& output) {
  torch::Tensor sum = output.logits.sum();
  for (const torch::Tensor& each : output.auxiliary) sum = sum + each.sum();
  return sum;
}

void drop_gradients(Model& model) {
  for (torch::Tensor& each : model.parameters()) each.mutable_grad().reset();
}

}  // namespace

MemoryUse measure_memory(Model& model, const torch::Tensor& image) {
  MemoryUse use;
  const bool was_training = model.is_training();
  model.eval();
  {
    const torch::NoGradGuard no_grad;
    const Counting count;
    model.forward(image);
    use.forward = count->peak();
  }
  {
    const Counting count;
    const torch::Tensor sum = sum_of(model.forward(image));
    use.kept = count->now();
    if (sum.requires_grad()) sum.backward();
    use.backward = count->peak();
  }
  drop_gradients(model);
  model.train(was_training);
  return use;
}

}  // namespace nadir
