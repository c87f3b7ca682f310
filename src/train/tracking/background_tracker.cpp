#include "train/tracking/background_tracker.h"

#include <chrono>

#include "core/text.h"

namespace nadir {
namespace {

std::chrono::duration<double> seconds(double count) { return std::chrono::duration<double>(count); }

}  // namespace

BackgroundTracker::BackgroundTracker(std::unique_ptr<Tracker> tracker,
                                     std::shared_ptr<std::atomic<bool>> cancelled, BackgroundLimits limits)
    : tracker_(std::move(tracker)),
      cancelled_(std::move(cancelled)),
      limits_(limits),
      thread_([this] { work(); }) {}

BackgroundTracker::~BackgroundTracker() { finish(); }

void BackgroundTracker::submit(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (ending_ || waiting_.size() >= limits_.records) {
      ++dropped_;
      return;
    }
    waiting_.push_back(std::move(job));
  }
  wake_.notify_one();
}

void BackgroundTracker::finish() {
  {
    std::unique_lock lock(mutex_);
    if (!thread_.joinable()) return;
    idle_.wait_for(lock, seconds(limits_.last_wait_seconds), [&] { return waiting_.empty() && !busy_; });
    ending_ = true;
    dropped_ += static_cast<std::int64_t>(waiting_.size());
    waiting_.clear();
    cancelled_->store(true);
  }
  wake_.notify_one();
  thread_.join();
}

std::optional<std::string> BackgroundTracker::trouble() {
  const std::lock_guard lock(mutex_);
  std::string text;
  if (!failure_.empty() && !failure_told_) text = failure_;
  // Not a line for each of many: the first, and again when ten times as many are lost.
  if (dropped_ > 0 && (dropped_told_ == 0 || ending_ || dropped_ >= 10 * dropped_told_) &&
      dropped_ != dropped_told_) {
    text += (text.empty() ? "" : "; ") + counted(dropped_, "record") + " dropped so far";
    dropped_told_ = dropped_;
  }
  if (text.empty()) return std::nullopt;
  failure_told_ = true;
  return "tracking, " + tracker_->name() + ": " + text + "; training goes on";
}

void BackgroundTracker::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [&] { return ending_ || !waiting_.empty(); });
    if (ending_) return;
    const Job job = std::move(waiting_.front());
    waiting_.pop_front();
    busy_ = true;
    lock.unlock();
    const bool done = attempt(job);
    lock.lock();
    busy_ = false;
    if (!done) ++dropped_;
    if (waiting_.empty()) idle_.notify_all();
  }
}

bool BackgroundTracker::attempt(const Job& job) {
  double wait = limits_.pause_seconds;
  for (int i = 0; i < limits_.attempts; ++i) {
    try {
      job(*tracker_);
      const std::lock_guard lock(mutex_);
      failure_.clear();
      failure_told_ = false;
      return true;
    } catch (const std::exception& error) {
      const std::lock_guard lock(mutex_);
      if (failure_.empty()) failure_ = error.what();
    }
    if (i + 1 < limits_.attempts) pause(wait);
    wait *= 4;
  }
  return false;
}

void BackgroundTracker::pause(double wait) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, seconds(wait), [&] { return ending_; });
}

}  // namespace nadir
