// Tasks one after the other on a thread of their own.
#pragma once

#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "predict/bounded_queue.h"

namespace nadir {

// The first task that throws is the last: the next call throws the same to the caller.
class TaskThread {
 public:
  explicit TaskThread(std::size_t waiting) : tasks_(waiting), thread_([this] { work(); }) {}
  // Tasks that wait are done first, unless one fails.
  ~TaskThread() {
    tasks_.close();
    if (thread_.joinable()) thread_.join();
  }
  TaskThread(const TaskThread&) = delete;
  TaskThread& operator=(const TaskThread&) = delete;

  // Waits while as many as may wait do.
  void add(std::function<void()> task) {
    if (!tasks_.push(std::move(task))) finish();
  }
  // Waits for all. The last call.
  void finish() {
    tasks_.close();
    thread_.join();
    if (error_) std::rethrow_exception(error_);
  }

 private:
  void work() {
    try {
      while (std::optional<std::function<void()>> task = tasks_.pop()) (*task)();
    } catch (...) {
      error_ = std::current_exception();  // read after the thread has ended
      tasks_.cancel();
    }
  }

  BoundedQueue<std::function<void()>> tasks_;
  std::exception_ptr error_;
  std::thread thread_;
};

}  // namespace nadir
