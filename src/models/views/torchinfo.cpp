#include "nadir/model.h"

namespace nadir {

// torchinfo/layer_info.py: only layers that have no layers inside are counted, and no products without
// parameters.
std::int64_t torchinfo_mult_adds(const Model& model, const LayerRow& row) {
  if (row.name.empty() || row.output.empty()) return 0;
  const auto modules = model.named_modules();
  const auto* module = modules.find(row.name);
  if (!module || !(*module)->children().empty()) return 0;
  std::int64_t count = row.output[0];
  std::int64_t parameters = 0;
  for (const torch::Tensor& each : (*module)->parameters()) parameters += each.numel();
  count *= parameters;
  if (row.operation == "convolution") count *= c10::multiply_integers(at::IntArrayRef(row.output).slice(2));
  return count;
}

}  // namespace nadir
