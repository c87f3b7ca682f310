#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "data/cache.h"
#include "data_test/messages.h"
#include "data_test/pattern_source.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

// A pattern with labels and a mask that counts how often it is read.
class CountingSource final : public Source {
 public:
  CountingSource(std::vector<std::pair<std::int64_t, std::int64_t>> sizes, std::int64_t bands,
                 torch::ScalarType type, std::string file = "")
      : pattern_(std::move(sizes), bands, type,
                 [](std::int64_t, std::int64_t row, std::int64_t column) { return (row + 2 * column) % 5; }),
        file_(std::move(file)) {}
  const std::vector<Scene>& scenes() const override { return pattern_.scenes(); }
  const std::vector<std::string>& band_names() const override { return pattern_.band_names(); }
  std::vector<std::string> files(std::int64_t) const override {
    return file_.empty() ? std::vector<std::string>{} : std::vector<std::string>{file_};
  }
  Sample read(std::int64_t scene, const Window& window) const override {
    ++reads;
    Sample sample = pattern_.read(scene, window);
    if (scene == 0) sample.valid = sample.target.ne(3);
    return sample;
  }
  mutable std::atomic<int> reads{0};

 private:
  PatternSource pattern_;
  std::string file_;
};

void expect_same(const Sample& found, const Sample& expected) {
  EXPECT_EQ(found.id, expected.id);
  EXPECT_EQ(found.image.scalar_type(), expected.image.scalar_type());
  EXPECT_TRUE(found.image.to(torch::kInt64).equal(expected.image.to(torch::kInt64)));
  EXPECT_TRUE(found.target.equal(expected.target));
  ASSERT_EQ(found.valid.defined(), expected.valid.defined());
  if (expected.valid.defined()) EXPECT_TRUE(found.valid.equal(expected.valid));
}

TEST(CacheTest, GivesWhatTheSourceGivesAndReadsItOnce) {
  for (const auto type : {torch::kUInt8, torch::kUInt16, torch::kFloat32}) {
    const auto source = std::make_shared<CountingSource>(
        std::vector<std::pair<std::int64_t, std::int64_t>>{{40, 50}, {30, 30}}, 3, type);
    const auto cached = make_cached_source(source, {.memory = "1 MiB"}, "");
    for (int round = 0; round < 2; ++round) {
      for (const std::int64_t scene : {0, 1}) {
        const Scene& whole = source->scenes()[static_cast<std::size_t>(scene)];
        for (const Window& window : {Window{0, 0, whole.height, whole.width}, Window{7, 3, 20, 11}}) {
          const int before = source->reads;
          const Sample found = cached->read(scene, window);
          EXPECT_EQ(source->reads - before, round == 0 && window.row == 0 ? 1 : 0);
          expect_same(found, source->read(scene, window));
          EXPECT_TRUE(cached->read_target(scene, window).equal(found.target));
        }
      }
    }
  }
}

TEST(CacheTest, LargeScenesAreKeptInSquares) {
  const auto source = std::make_shared<CountingSource>(
      std::vector<std::pair<std::int64_t, std::int64_t>>{{2100, 3000}}, 3, torch::kUInt16);
  const auto cached = make_cached_source(source, {.memory = "1 GiB"}, "");
  const Window across{1000, 2020, 60, 200};  // four squares meet in it
  expect_same(cached->read(0, across), source->read(0, across));
  EXPECT_EQ(source->reads, 5);
  cached->read(0, {900, 1900, 300, 300});
  EXPECT_EQ(source->reads, 5);
  const Window corner{2050, 2990, 50, 10};  // squares at the border are smaller
  expect_same(cached->read(0, corner), source->read(0, corner));
}

TEST(CacheTest, StaysWithinItsBudgetAndKeepsWhatCameFirst) {
  const auto source = std::make_shared<CountingSource>(
      std::vector<std::pair<std::int64_t, std::int64_t>>(6, {100, 100}), 1, torch::kUInt8);
  // A scene has 10,000 bytes of image and of target, the first as many of its mask.
  const auto cached = make_cached_source(source, {.memory = "50000"}, "");
  for (int round = 0; round < 2; ++round) {
    source->reads = 0;
    for (std::int64_t scene = 0; scene < 6; ++scene) cached->read(scene, {0, 0, 100, 100});
    EXPECT_EQ(source->reads, round == 0 ? 6 : 4);
  }
  source->reads = 0;
  cached->read(5, {0, 0, 5, 5});  // not the whole scene for a corner of it
  EXPECT_EQ(cached->read(5, {0, 0, 5, 5}).image.numel(), 25);
  EXPECT_EQ(source->reads, 2);
  MemoryCache memory(100);
  memory.keep("a", {torch::zeros({1, 9, 9}, torch::kUInt8), {}, {}, "a"});
  memory.keep("b", {torch::zeros({1, 9, 9}, torch::kUInt8), {}, {}, "b"});
  EXPECT_EQ(memory.bytes(), 81);
  EXPECT_TRUE(memory.full());
}

TEST(CacheTest, ManyThreadsSeeTheSameSamples) {
  const auto source = std::make_shared<CountingSource>(
      std::vector<std::pair<std::int64_t, std::int64_t>>(4, {64, 64}), 2, torch::kInt16);
  const TemporaryFolder folder;
  const auto cached = make_cached_source(source, {.memory = "20 KiB", .disk = folder.path().string()}, "k");
  const CountingSource expected({{64, 64}, {64, 64}, {64, 64}, {64, 64}}, 2, torch::kInt16);
  std::atomic<int> different{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (std::int64_t i = 0; i < 20; ++i) {
          const std::int64_t scene = (i + t) % 4;
          const Window window{i, 2 * i, 20, 20};
          if (!cached->read(scene, window).image.equal(expected.read(scene, window).image)) ++different;
        }
      });
    }
  }
  EXPECT_EQ(different, 0);
}

class DiskCacheTest : public testing::Test {
 protected:
  std::shared_ptr<const Source> open(const std::string& key) {
    source_ = std::make_shared<CountingSource>(std::vector<std::pair<std::int64_t, std::int64_t>>{{20, 30}},
                                               2, torch::kUInt16, file_);
    return make_cached_source(source_, {.disk = (folder_.path() / "cache").string()}, key);
  }
  // How often the source was read for one sample, which is right.
  int reads_of_one(const std::string& key) {
    const auto cached = open(key);
    const Sample sample = cached->read(0, {0, 0, 20, 30});
    const int reads = source_->reads;
    expect_same(sample, source_->read(0, {0, 0, 20, 30}));
    return reads;
  }
  std::filesystem::path only_file() const {
    return std::filesystem::directory_iterator(folder_.path() / "cache")->path();
  }

  TemporaryFolder folder_;
  std::string file_ = (folder_.path() / "scene.tif").string();
  std::shared_ptr<CountingSource> source_;
};

TEST_F(DiskCacheTest, SamplesOutliveTheProgram) {
  EXPECT_EQ(reads_of_one("bands: [1, 2]"), 1);
  EXPECT_EQ(reads_of_one("bands: [1, 2]"), 0);
}

TEST_F(DiskCacheTest, OtherSettingsAndChangedFilesAreReadAnew) {
  write_file_atomically(file_, "pixels");
  EXPECT_EQ(reads_of_one("bands: [1, 2]"), 1);
  EXPECT_EQ(reads_of_one("bands: [2, 1]"), 1);
  EXPECT_EQ(reads_of_one("bands: [1, 2]"), 0);
  write_file_atomically(file_, "other pixels");
  EXPECT_EQ(reads_of_one("bands: [1, 2]"), 1);
}

TEST_F(DiskCacheTest, DamagedFilesAreReadAnewAndMended) {
  EXPECT_EQ(reads_of_one(""), 1);
  std::filesystem::resize_file(only_file(), 100);
  EXPECT_EQ(reads_of_one(""), 1);
  EXPECT_EQ(reads_of_one(""), 0);
  std::ofstream(only_file()) << "not a sample";
  EXPECT_EQ(reads_of_one(""), 1);
}

TEST(CacheConfigTest, ASizeThatIsNoneIsNamed) {
  CacheConfig config;
  config.memory = "2 gigs";
  EXPECT_TRUE(has(message_of<ConfigError>([&] { config.validate(); }), {"'memory'", "2 GiB", "'2 gigs'"}));
  const auto source = std::make_shared<CountingSource>(
      std::vector<std::pair<std::int64_t, std::int64_t>>{{4, 4}}, 1, torch::kUInt8);
  EXPECT_EQ(make_cached_source(source, {}, ""), source);
}

}  // namespace
}  // namespace nadir
