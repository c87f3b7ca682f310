#include "core/parallel.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace nadir {
namespace {

// Torch's number of threads, put back at the end.
class Threads {
 public:
  explicit Threads(int count) : before_(at::get_num_threads()) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before_); }

 private:
  int before_;
};

TEST(ParallelForTest, CoversEveryNumberOnce) {
  for (const int threads : {1, 2, 3}) {
    const Threads set(threads);
    for (const std::int64_t count : {0, 1, 2, 7, 1000}) {
      for (const std::int64_t grain : {0, 1, 3, 5000}) {
        std::vector<std::atomic<int>> hits(static_cast<std::size_t>(count));
        parallel_for(5, 5 + count, grain, [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t i = begin; i < end; ++i) ++hits[static_cast<std::size_t>(i - 5)];
        });
        for (const std::atomic<int>& each : hits) EXPECT_EQ(each, 1);
      }
    }
  }
}

TEST(ParallelForTest, RangesRunAtTheSameTime) {
  const Threads set(2);
  std::mutex mutex;
  std::condition_variable changed;
  int inside = 0;
  // Each range waits for the other: one thread alone would wait for ever.
  parallel_for(0, 2, 1, [&](std::int64_t, std::int64_t) {
    std::unique_lock lock(mutex);
    ++inside;
    changed.notify_all();
    changed.wait(lock, [&] { return inside == 2; });
  });
  EXPECT_EQ(inside, 2);
}

TEST(ParallelForTest, AnErrorReachesTheCaller) {
  const Threads set(2);
  EXPECT_THROW(parallel_for(0, 2, 1,
                            [](std::int64_t begin, std::int64_t) {
                              if (begin == 1) throw std::runtime_error("failed on purpose");
                            }),
               std::runtime_error);
}

TEST(ParallelForTest, InsideAnotherItRunsOnTheThreadThatCalls) {
  const Threads set(2);
  std::atomic<std::int64_t> sum = 0;
  parallel_for(0, 2, 1, [&](std::int64_t, std::int64_t) {
    int calls = 0;
    parallel_for(0, 10, 1, [&](std::int64_t begin, std::int64_t end) {
      ++calls;
      sum += end - begin;
    });
    EXPECT_EQ(calls, 1);
  });
  EXPECT_EQ(sum, 20);
}

}  // namespace
}  // namespace nadir
