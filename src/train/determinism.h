// Algorithms that repeat bit for bit.
#pragma once

namespace nadir {

// While it lives and `wanted`, torch uses deterministic algorithms alone; an operation that has none throws.
// On the CPU all that training uses are deterministic anyway, for one number of threads.
class DeterminismGuard {
 public:
  explicit DeterminismGuard(bool wanted);
  ~DeterminismGuard();
  DeterminismGuard(const DeterminismGuard&) = delete;
  DeterminismGuard& operator=(const DeterminismGuard&) = delete;

 private:
  bool wanted_, algorithms_, warn_only_, cudnn_, benchmark_;
};

}  // namespace nadir
