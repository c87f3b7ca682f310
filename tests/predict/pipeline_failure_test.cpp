// Whatever fails in one of the three stages ends the others and reaches the caller; a hang fails by ctest's
// timeout.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <numeric>
#include <thread>
#include <vector>

#include "nadir/predict.h"
#include "predict/bounded_queue.h"
#include "predict/memory_raster.h"
#include "predict/task_thread.h"

namespace nadir {
namespace {

const PredictConfig kSmallTiles{.tile = 8, .batch_size = 2};
constexpr std::int64_t kSide = 96;  // 23 x 23 tiles: more batches than the queues hold

PixelSource zeros() { return source_of(torch::zeros({1, kSide, kSide})); }
void ignore_rows(std::int64_t, const torch::Tensor&, const torch::Tensor&) {}

// The message of the DataError that the stage throws when it is called for the `call`th time.
class FailingCall {
 public:
  explicit FailingCall(int call) : left_(call) {}
  void operator()() {
    if (--left_ == 0) throw DataError("failed on purpose");
  }

 private:
  int left_;
};

void expect_failure(const PixelSource& source, const TileFunction& network, const RowSink& sink) {
  try {
    predict_rows(source, 1, network, kSmallTiles, sink);
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(), "failed on purpose");
  }
}

TEST(PipelineFailureTest, AFailingSourceEndsAll) {
  for (const int call : {1, 2, 20}) {
    PixelSource source = zeros();
    source.read = [fail = std::make_shared<FailingCall>(call), read = source.read](const Window& window) {
      (*fail)();
      return read(window);
    };
    expect_failure(source, give_back, ignore_rows);
  }
}

TEST(PipelineFailureTest, AFailingNetworkEndsAll) {
  for (const int call : {1, 5, 200}) {
    FailingCall fail(call);
    const TileFunction network = [&](const torch::Tensor& images, const torch::Tensor& valid) {
      fail();
      return give_back(images, valid);
    };
    expect_failure(zeros(), network, ignore_rows);
  }
}

TEST(PipelineFailureTest, AFailingSinkEndsAll) {
  for (const int call : {1, 2, 20}) {
    FailingCall fail(call);
    expect_failure(zeros(), give_back,
                   [&](std::int64_t, const torch::Tensor&, const torch::Tensor&) { fail(); });
  }
}

TEST(PipelineFailureTest, AStopInTheMiddleThrowsInterrupted) {
  std::int64_t rows = 0;
  const RowSink sink = [&](std::int64_t first, const torch::Tensor& probabilities, const torch::Tensor&) {
    rows = first + probabilities.size(1);
    if (rows > kSide / 3) request_stop();
  };
  EXPECT_THROW(predict_rows(zeros(), 1, give_back, kSmallTiles, sink), Interrupted);
  clear_stop();
  EXPECT_LT(rows, kSide);
}

TEST(PipelineFailureTest, ANetworkThatGivesAnotherShapeIsNamed) {
  const TileFunction network = [](const torch::Tensor& images, const torch::Tensor&) {
    return images.narrow(2, 0, 4);
  };
  try {
    predict_rows(zeros(), 1, network, kSmallTiles, ignore_rows);
    FAIL() << "no error";
  } catch (const ModelError& error) {
    EXPECT_NE(std::string(error.what()).find("[2, 1, 4, 8]"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("[2, 1, 8, 8]"), std::string::npos) << error.what();
  }
}

TEST(PipelineFailureTest, ASourceThatGivesAnotherShapeIsABugOfOurs) {
  PixelSource source = zeros();
  source.read = [](const Window&) { return PixelSource::Pixels{torch::zeros({1, 2, 3}), {}}; };
  EXPECT_THROW(predict_rows(source, 1, give_back, kSmallTiles, ignore_rows), std::logic_error);
}

TEST(PipelineFailureTest, BadSettingsAreRefusedBeforeAnythingRuns) {
  const RowSink sink = ignore_rows;
  EXPECT_THROW(predict_rows(zeros(), 1, give_back, {.tile = 0}, sink), ConfigError);
  EXPECT_THROW(predict_rows(zeros(), 1, give_back, {.tile = 8, .overlap = 0.9}, sink), ConfigError);
  EXPECT_THROW(predict_rows(zeros(), 1, give_back, {.tile = 8, .window = "box"}, sink), ConfigError);
  EXPECT_THROW(predict_rows(zeros(), 1, give_back, {.tile = 8, .batch_size = -1}, sink), ConfigError);
}

TEST(BoundedQueueTest, ValuesComeInOrderAndTheEndIsSeen) {
  BoundedQueue<int> queue(2);
  std::thread producer([&] {
    for (int i = 0; i < 1000; ++i) queue.push(i);
    queue.close();
  });
  int expected = 0;
  while (const std::optional<int> value = queue.pop()) EXPECT_EQ(*value, expected++);
  producer.join();
  EXPECT_EQ(expected, 1000);
}

TEST(BoundedQueueTest, CancelWakesAWaitingProducer) {
  BoundedQueue<int> queue(1);
  EXPECT_TRUE(queue.push(1));
  std::thread canceller([&] { queue.cancel(); });
  EXPECT_FALSE(queue.push(2));
  canceller.join();
  EXPECT_FALSE(queue.pop().has_value());
}

TEST(TaskThreadTest, TasksRunInOrderAndAllOfThem) {
  std::vector<int> done;
  TaskThread thread(1);
  for (int i = 0; i < 100; ++i) thread.add([&done, i] { done.push_back(i); });
  thread.finish();
  std::vector<int> expected(100);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(done, expected);
}

TEST(TaskThreadTest, TheFirstThatFailsIsTheLastAndTheCallerHearsOfIt) {
  int after = 0;
  TaskThread thread(1);
  thread.add([] { throw DataError("failed on purpose"); });
  const auto add_more = [&] {
    for (int i = 0; i < 100; ++i) thread.add([&after] { ++after; });
    thread.finish();
  };
  EXPECT_THROW(add_more(), DataError);
  EXPECT_EQ(after, 0);
}

}  // namespace
}  // namespace nadir
