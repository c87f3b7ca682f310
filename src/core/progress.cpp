#include <atomic>

#include "nadir/runtime.h"

namespace nadir {
namespace {

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "request_stop must be safe in a signal handler");

}  // namespace

ProgressObserver& silent_observer() {
  static ProgressObserver observer;
  return observer;
}

bool stop_requested() { return stop.load(); }
void request_stop() noexcept { stop.store(true); }
void clear_stop() noexcept { stop.store(false); }

}  // namespace nadir
