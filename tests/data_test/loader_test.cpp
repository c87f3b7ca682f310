#include <gtest/gtest.h>

#include <ATen/Parallel.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>

#include "data/batch.h"
#include "data_test/messages.h"
#include "data_test/pattern_source.h"

namespace nadir {
namespace {

// Sample i is a 2 x 2 image of i and the epoch; some take longer than others.
class NumberDataset final : public Dataset {
 public:
  explicit NumberDataset(std::int64_t size, std::set<std::int64_t> broken = {})
      : size_(size), broken_(std::move(broken)) {}
  std::int64_t size() const override { return size_; }
  Sample get(std::int64_t epoch, std::int64_t index) const override {
    ++gets;
    if (at::get_num_threads() != 1) ++crowded;
    if (index % 5 == 1) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    if (broken_.contains(index)) throw DataError("scene" + std::to_string(index) + ".tif: truncated");
    Sample sample{torch::full({1, 2, 2}, static_cast<double>(100 * epoch + index), torch::kInt16),
                  torch::full({2, 2}, index % 2, torch::kUInt8),
                  {},
                  "s" + std::to_string(index)};
    if (index % 7 == 3) sample.valid = torch::zeros({2, 2}, torch::kBool);
    return sample;
  }
  mutable std::atomic<int> gets{0};
  mutable std::atomic<int> crowded{0};  // calls from a thread whose operators would use several

 private:
  std::int64_t size_;
  std::set<std::int64_t> broken_;
};

struct Contents {
  std::vector<std::string> ids;
  std::vector<double> values;
  std::vector<int> valid;
  bool operator==(const Contents&) const = default;
};

Contents rest_of_epoch(Loader& loader) {
  Contents all;
  while (const std::optional<Batch> batch = loader.next()) {
    for (std::size_t i = 0; i < batch->ids.size(); ++i) {
      const auto at = static_cast<std::int64_t>(i);
      all.ids.push_back(batch->ids[i]);
      all.values.push_back(batch->images[at][0][0][0].item<double>() +
                           batch->targets[at][1][1].item<double>() / 10);
      all.valid.push_back(batch->valid.defined() ? batch->valid[at].sum().item<int>() : 4);
    }
    EXPECT_EQ(batch->images.size(0), static_cast<std::int64_t>(batch->ids.size()));
  }
  return all;
}

TEST(LoaderTest, OrderAndContentsDoNotDependOnTheThreads) {
  const NumberDataset dataset(23);
  Contents expected;
  for (const std::int64_t threads : {0, 1, 3}) {
    Loader loader(dataset, {.batch_size = 4, .threads = threads, .prefetch = 3, .shuffle = true}, 9);
    EXPECT_EQ(loader.batches(), 6);
    for (const std::int64_t epoch : {2, 1, 2}) {
      loader.start(epoch);
      const Contents contents = rest_of_epoch(loader);
      EXPECT_EQ(std::set<std::string>(contents.ids.begin(), contents.ids.end()).size(), 23U);
      if (epoch == 2 && expected.ids.empty()) expected = contents;
      EXPECT_EQ(contents == expected, epoch == 2) << threads;
      EXPECT_FALSE(loader.next());
    }
  }
}

TEST(LoaderTest, GoesOnInTheMiddleOfAnEpoch) {
  const NumberDataset dataset(20);
  for (const std::int64_t threads : {0, 2}) {
    Loader loader(dataset, {.batch_size = 3, .threads = threads, .prefetch = 2, .shuffle = true}, 1);
    loader.start(4);
    const Contents whole = rest_of_epoch(loader);
    loader.start(4, 5);
    const Contents rest = rest_of_epoch(loader);
    EXPECT_EQ(rest.ids, std::vector<std::string>(whole.ids.begin() + 15, whole.ids.end()));
    loader.start(4, 7);
    EXPECT_FALSE(loader.next());
    EXPECT_THROW(loader.start(4, 8), std::logic_error);
  }
}

TEST(LoaderTest, WithoutShufflingSamplesComeAsTheyAreAndTheLastBatchMayBeLeftOut) {
  const NumberDataset dataset(7);
  Loader loader(dataset, {.batch_size = 3, .threads = 1, .drop_last = true}, 1);
  EXPECT_EQ(loader.batches(), 2);
  loader.start(0);
  EXPECT_EQ(rest_of_epoch(loader).ids, (std::vector<std::string>{"s0", "s1", "s2", "s3", "s4", "s5"}));
}

TEST(LoaderTest, ErrorsComeInOrderAndNameTheSample) {
  const NumberDataset dataset(12, {4, 9});
  for (const std::int64_t threads : {0, 1, 3}) {
    Loader loader(dataset, {.batch_size = 2, .threads = threads, .prefetch = 6}, 1);
    loader.start(3);
    std::vector<std::string> seen;
    for (int i = 0; i < 6; ++i) {
      try {
        seen.push_back(loader.next()->ids[0]);
      } catch (const DataError& error) {
        seen.emplace_back(error.what());
      }
    }
    EXPECT_EQ(seen, (std::vector<std::string>{"s0", "s2", "sample 4 of epoch 3: scene4.tif: truncated", "s6",
                                              "sample 9 of epoch 3: scene9.tif: truncated", "s10"}));
    EXPECT_FALSE(loader.next());
  }
}

TEST(LoaderTest, MakesNoMoreBatchesAheadThanAllowed) {
  const NumberDataset dataset(40);
  Loader loader(dataset, {.batch_size = 1, .threads = 3, .prefetch = 4}, 1);
  loader.start(0);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_LE(dataset.gets, 4);
  ASSERT_TRUE(loader.next());
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_LE(dataset.gets, 5);
}

TEST(LoaderTest, CanBeRestartedAndDestroyedAtAnyTime) {
  const NumberDataset dataset(60);
  for (int round = 0; round < 20; ++round) {
    Loader loader(dataset, {.batch_size = 2, .threads = 3, .prefetch = 2}, 1);
    if (round % 4 == 0) continue;
    loader.start(round);
    for (int i = 0; i < round % 5; ++i) EXPECT_TRUE(loader.next());
    loader.start(round + 1, 1);
    EXPECT_EQ(loader.next()->ids[0], "s2");
    EXPECT_GE(loader.seconds_waited(), 0);
  }
}

TEST(LoaderTest, LoadingUsesOneThreadAndLeavesTheCallersThreadsAlone) {
  const int before = at::get_num_threads();
  at::set_num_threads(3);
  const NumberDataset dataset(8);
  for (const std::int64_t threads : {0, 2}) {
    Loader loader(dataset, {.batch_size = 2, .threads = threads}, 1);
    loader.start(0);
    rest_of_epoch(loader);
  }
  EXPECT_EQ(dataset.crowded, 0);
  EXPECT_EQ(at::get_num_threads(), 3);
  int later = 0;
  std::thread([&] { later = at::get_num_threads(); }).join();
  EXPECT_EQ(later, 3);
  at::set_num_threads(before);
}

TEST(LoaderTest, BatchTransformsDependOnEpochAndBatchAlone) {
  const NumberDataset dataset(16);
  const auto mixed = [&](std::int64_t threads, std::int64_t epoch, std::int64_t first) {
    BatchTransforms transforms;
    transforms.push_back(batch_transforms().make("cutmix", {}));
    transforms.push_back(batch_transforms().make("mixup", {}));
    Loader loader(dataset, {.batch_size = 4, .threads = threads, .prefetch = 3}, 9, transforms);
    loader.start(epoch, first);
    std::vector<double> values;
    while (const auto batch = loader.next()) {
      values.push_back(batch->images.to(torch::kFloat64).square().sum().item<double>() + batch->mix_weight);
    }
    return values;
  };
  const std::vector<double> expected = mixed(0, 1, 0);
  EXPECT_EQ(mixed(3, 1, 0), expected);
  EXPECT_EQ(mixed(1, 1, 2), std::vector<double>(expected.begin() + 2, expected.end()));
  EXPECT_NE(mixed(1, 2, 0), expected);
}

TEST(LoaderTest, RefusesWhatCannotWork) {
  const NumberDataset dataset(3);
  EXPECT_THROW(Loader(dataset, {.batch_size = 0}, 1), ConfigError);
  Loader loader(dataset, {}, 1);
  EXPECT_THROW(loader.next(), std::logic_error);
}

TEST(BatchTest, SamplesOfDifferentShapesAreRefusedByName) {
  const auto sample = [](std::int64_t width, const char* id) {
    return Sample{torch::zeros({3, 4, width}, torch::kUInt8), {}, {}, id};
  };
  EXPECT_TRUE(has(message_of<DataError>([&] {
                    make_batch({sample(4, "a.tif"), sample(5, "b.tif")}, false);
                  }),
                  {"the image of a.tif is 3 x 4 x 4 x uint8 and that of b.tif is 3 x 4 x 5"}));
}

}  // namespace
}  // namespace nadir
