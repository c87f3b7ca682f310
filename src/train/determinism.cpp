#include "train/determinism.h"

#include <ATen/Context.h>

#include <cstdlib>

namespace nadir {

DeterminismGuard::DeterminismGuard(bool wanted)
    : wanted_(wanted),
      algorithms_(at::globalContext().deterministicAlgorithms()),
      warn_only_(at::globalContext().deterministicAlgorithmsWarnOnly()),
      cudnn_(at::globalContext().deterministicCuDNN()),
      benchmark_(at::globalContext().benchmarkCuDNN()) {
  if (!wanted_) return;
  // Read by cuBLAS when it makes its first handle; without it torch refuses matrix products.
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
  at::globalContext().setDeterministicAlgorithms(true, false);
  at::globalContext().setDeterministicCuDNN(true);
  at::globalContext().setBenchmarkCuDNN(false);
}

DeterminismGuard::~DeterminismGuard() {
  if (!wanted_) return;
  at::globalContext().setDeterministicAlgorithms(algorithms_, warn_only_);
  at::globalContext().setDeterministicCuDNN(cudnn_);
  at::globalContext().setBenchmarkCuDNN(benchmark_);
}

}  // namespace nadir
