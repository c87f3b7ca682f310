// A tracker on a thread of its own: training never waits for it and never fails because of it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "train/tracking/tracker.h"

namespace nadir {

struct BackgroundLimits {
  std::size_t records = 1000;    // that wait, at most; more are dropped
  int attempts = 3;              // for each record
  double pause_seconds = 1;      // after the first failure; four times as long after each further one
  double last_wait_seconds = 5;  // at the end, for what has not been sent
};

class BackgroundTracker {
 public:
  using Job = std::function<void(Tracker&)>;
  // `cancelled` is set when the end must not be waited for any longer; the tracker may look at it.
  BackgroundTracker(std::unique_ptr<Tracker> tracker, std::shared_ptr<std::atomic<bool>> cancelled,
                    BackgroundLimits limits = {});
  // Waits for what has not been sent, but never longer than the limit.
  ~BackgroundTracker();
  BackgroundTracker(const BackgroundTracker&) = delete;
  BackgroundTracker& operator=(const BackgroundTracker&) = delete;

  void submit(Job job);
  // Waits as the destructor does; what comes after it is dropped.
  void finish();
  // What there is to tell the user since the last call, in one line: what failed, how many records were
  // dropped.
  std::optional<std::string> trouble();

 private:
  void work();
  bool attempt(const Job& job);
  void pause(double seconds);

  std::unique_ptr<Tracker> tracker_;
  std::shared_ptr<std::atomic<bool>> cancelled_;
  BackgroundLimits limits_;
  std::mutex mutex_;  // of all that follows
  std::condition_variable wake_, idle_;
  std::deque<Job> waiting_;
  bool busy_ = false;
  bool ending_ = false;
  std::string failure_;
  bool failure_told_ = false;
  std::int64_t dropped_ = 0, dropped_told_ = 0;
  std::thread thread_;  // last: it begins when all else is there
};

}  // namespace nadir
