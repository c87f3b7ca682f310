// TensorBoard's files against bytes that TensorBoard 2.21 wrote; MLflow's calls against a server of our own;
// and that neither can stop or slow a run down.
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <protozero/pbf_reader.hpp>

#include "train/run_comparison.h"
#include "train/small_recipe.h"
#include "train/small_server.h"
#include "train/tracking/background_tracker.h"
#include "train/tracking/tensorboard.h"

namespace nadir {
namespace {

std::string hex(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) {
    text += "0123456789abcdef"[static_cast<std::uint8_t>(byte) >> 4];
    text += "0123456789abcdef"[static_cast<std::uint8_t>(byte) & 15];
  }
  return text;
}

TEST(TensorBoardTest, Crc32cIsIscsis) {
  // RFC 3720, B.4, and the usual check value.
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
}

TEST(TensorBoardTest, RecordsAndEventsAreTensorBoardsOwnBytes) {
  EXPECT_EQ(hex(tfrecord(scalars_event(1.5, 7, {{"val/loss", 0.25}}))),
            "1e00000000000000d9dc123209000000000000f83f10072a110a0f0a0876616c2f6c6f7373150000803ed44517df");
  EXPECT_EQ(hex(version_event(1.5)), "09000000000000f83f1a0d627261696e2e4576656e743a32");
  EXPECT_EQ(hex(restart_event(1.5, 7)), "09000000000000f83f10073a020801");
  const RunFacts facts{.settings = {{"lr", 0.5}}, .step = 0, .time = 2};
  EXPECT_NE(hex(settings_event(facts))
                .find("0a510a1c5f68706172616d735f2f73657373696f6e5f73746172745f696e666f42060801120212004a290a"
                      "270a0768706172616d73121c1a1a0a0f0a026c72120911000000000000e03f290000000000000040"),
            std::string::npos);
  EXPECT_NE(hex(end_event(3, 9, RunEnd::kFinished))
                .find("0a400a1a5f68706172616d735f2f73657373696f6e5f656e645f696e666f42060801120212004a1a0a180a"
                      "0768706172616d73120d220b0801110000000000000840"),
            std::string::npos);
}

TEST(TensorBoardTest, ValuesThatAreNotFiniteAreLeftOut) {
  const double nan = std::nan("");
  EXPECT_EQ(scalars_event(1, 2, {{"a", 1}, {"b", nan}}), scalars_event(1, 2, {{"a", 1}}));
}

// tag -> (step, number); pictures count their bytes.
std::map<std::string, std::vector<std::pair<std::int64_t, double>>> read_events(
    const std::filesystem::path& file) {
  std::map<std::string, std::vector<std::pair<std::int64_t, double>>> found;
  const std::string bytes = read_text_file(file);
  for (std::size_t at = 0; at < bytes.size();) {
    std::uint64_t size = 0;
    std::memcpy(&size, bytes.data() + at, 8);
    const std::string data = bytes.substr(at + 12, size);
    EXPECT_EQ(tfrecord(data), bytes.substr(at, size + 16));
    at += size + 16;
    std::int64_t step = 0;
    protozero::pbf_reader event(data);
    while (event.next()) {
      if (event.tag() == 2) {
        step = event.get_int64();
      } else if (event.tag() == 5) {
        protozero::pbf_reader summary = event.get_message();
        while (summary.next(1)) {
          protozero::pbf_reader value = summary.get_message();
          std::string tag;
          double number = 0;
          while (value.next()) {
            if (value.tag() == 1) {
              tag = value.get_string();
            } else if (value.tag() == 2) {
              number = static_cast<double>(value.get_float());
            } else if (value.tag() == 4) {
              number = static_cast<double>(value.get_view().size());
            } else {
              value.skip();
            }
          }
          found[tag].emplace_back(step, number);
        }
      } else {
        event.skip();
      }
    }
  }
  return found;
}

std::filesystem::path only_file(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& each : std::filesystem::directory_iterator(folder)) files.push_back(each.path());
  EXPECT_EQ(files.size(), 1U);
  return files.at(0);
}

TEST(TrackingTest, ARunTellsTensorBoardWhatItsMetricsSay) {
  const TemporaryFolder folder;
  const RunFolder run(folder / "run");
  const TrainResult result = train(small_recipe(folder), run, false);
  const auto events = read_events(only_file(run.tensorboard()));
  ASSERT_EQ(events.at("val/mean_iou").size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(events.at("val/mean_iou")[i].first, 12 * static_cast<std::int64_t>(i + 1));
    EXPECT_EQ(events.at("val/mean_iou")[i].second,
              static_cast<double>(static_cast<float>(value_of(result.epochs[i], "val/mean_iou"))));
  }
  EXPECT_EQ(events.at("lr").size(), 3U);
  EXPECT_EQ(events.at("step/loss").front().first, 1);
  EXPECT_EQ(events.at("_hparams_/session_start_info").size(), 1U);
  EXPECT_EQ(events.at("_hparams_/session_end_info").size(), 1U);
#ifdef NADIR_RASTER
  EXPECT_EQ(events.at("samples").size(), 3U);
  EXPECT_TRUE(std::filesystem::exists(run.samples() / "epoch-0003.png"));
#endif
}

class Failing final : public Tracker {
 public:
  std::string name() const override { return "a tracker"; }
  void begin(const RunFacts&) override { throw Error("nobody is there"); }
  void scalars(std::int64_t, double, const std::vector<std::pair<std::string, double>>&) override {}
  void end(RunEnd, std::int64_t, double) override {}
};

TEST(BackgroundTrackerTest, FailuresAreToldOnceAndDropped) {
  const auto cancelled = std::make_shared<std::atomic<bool>>(false);
  BackgroundTracker tracker(std::make_unique<Failing>(), cancelled, {.attempts = 2, .pause_seconds = 0.001});
  for (int i = 0; i < 3; ++i) tracker.submit([](Tracker& each) { each.begin({}); });
  tracker.finish();
  const auto trouble = tracker.trouble();
  ASSERT_TRUE(trouble);
  EXPECT_NE(trouble->find("a tracker: nobody is there; 3 records dropped"), std::string::npos) << *trouble;
  EXPECT_FALSE(tracker.trouble());
}

TEST(BackgroundTrackerTest, AFullQueueDropsWhatComes) {
  const auto cancelled = std::make_shared<std::atomic<bool>>(false);
  std::atomic<bool> go = false;
  std::atomic<int> done = 0;
  BackgroundTracker tracker(std::make_unique<Failing>(), cancelled, {.records = 2});
  std::atomic<bool> begun = false;
  tracker.submit([&](Tracker&) {
    begun = true;
    while (!go) std::this_thread::yield();
  });
  while (!begun) std::this_thread::yield();
  for (int i = 0; i < 5; ++i) tracker.submit([&](Tracker&) { ++done; });
  EXPECT_NE(tracker.trouble()->find("3 records dropped"), std::string::npos);
  go = true;
  tracker.finish();
  EXPECT_EQ(done, 2);
}

#ifdef NADIR_DOWNLOAD
SmallServer::Answer mlflow_answer(const SmallServer::Request& request) {
  if (request.line.find("get-by-name") != std::string::npos) return {404, R"({"message": "none"})"};
  if (request.line.find("experiments/create") != std::string::npos) return {200, R"({"experiment_id": "7"})"};
  if (request.line.find("runs/create") != std::string::npos) {
    return {200, R"({"run": {"info": {"run_id": "abc"}}})"};
  }
  return {200, "{}"};
}

std::vector<nlohmann::json> bodies(SmallServer& server, const std::string& path) {
  std::vector<nlohmann::json> found;
  for (const auto& [line, body] : server.requests()) {
    if (line.find(path) != std::string::npos) found.push_back(nlohmann::json::parse(body));
  }
  return found;
}

TEST(MlflowTest, ARunIsMadeFilledAndEnded) {
  const TemporaryFolder folder;
  SmallServer server(mlflow_answer);
  Recipe recipe = small_recipe(folder);
  recipe.track = {.tensorboard = false, .mlflow = server.url() + "/", .experiment = "water & more"};
  const RunFolder run(folder / "run");
  const TrainResult result = train(recipe, run, false);
  EXPECT_EQ(server.requests().at(0).line,
            "GET /api/2.0/mlflow/experiments/get-by-name?experiment_name=water%20%26%20more");
  EXPECT_EQ(bodies(server, "experiments/create").at(0).at("name"), "water & more");
  EXPECT_EQ(bodies(server, "runs/create").at(0).at("experiment_id"), "7");
  std::map<std::string, std::string> parameters;
  std::vector<double> scores;
  for (const auto& body : bodies(server, "runs/log-batch")) {
    EXPECT_EQ(body.at("run_id"), "abc");
    for (const auto& each : body.value("params", nlohmann::json::array())) {
      parameters[each.at("key")] = each.at("value");
    }
    for (const auto& each : body.value("metrics", nlohmann::json::array())) {
      if (each.at("key") == "val/mean_iou") scores.push_back(each.at("value"));
    }
  }
  EXPECT_EQ(parameters.at("train.epochs"), "3");
  EXPECT_EQ(parameters.at("optimizer.adamw.lr"), "0.01");
  ASSERT_EQ(scores.size(), 3U);
  EXPECT_EQ(scores[2], value_of(result.epochs[2], "val/mean_iou"));
  EXPECT_EQ(bodies(server, "runs/update").back().at("status"), "FINISHED");
}

TEST(MlflowTest, AStoppedRunGoesOnWithTheSameOne) {
  const TemporaryFolder folder;
  SmallServer server(mlflow_answer);
  Recipe recipe = small_recipe(folder);
  recipe.track = {.tensorboard = false, .mlflow = server.url()};
  train_with_stops(recipe, RunFolder(folder / "run"), 20);
  EXPECT_EQ(bodies(server, "runs/create").size(), 1U);
  std::vector<std::string> states;
  for (const auto& body : bodies(server, "runs/update")) states.push_back(body.at("status"));
  EXPECT_EQ(states, (std::vector<std::string>{"KILLED", "RUNNING", "FINISHED"}));
}

class Warnings final : public ProgressObserver {
 public:
  void warning(const std::string& line) override { lines += line + "\n"; }
  std::string lines;
};

TEST(MlflowTest, AServerThatIsDownOrSilentChangesNothing) {
  const TemporaryFolder folder;
  Recipe recipe = small_recipe(folder);
  recipe.train.epochs = 1;
  train(recipe, RunFolder(folder / "plain"), false);
  std::string dead;
  {
    const SmallServer gone(nullptr);
    dead = gone.url();
  }
  recipe.track.mlflow = dead;
  Warnings warnings;
  train(recipe, RunFolder(folder / "dead"), false, warnings);
  EXPECT_NE(warnings.lines.find("tracking, MLflow at " + dead), std::string::npos) << warnings.lines;
  EXPECT_NE(warnings.lines.find("training goes on"), std::string::npos);
  const SmallServer silent(nullptr);
  recipe.track.mlflow = silent.url();
  train(recipe, RunFolder(folder / "silent"), false, warnings);
  for (const char* name : {"dead", "silent"}) {
    EXPECT_TRUE(same_tensors(folder / "plain" / "last.safetensors", folder / name / "last.safetensors"));
  }
}
#endif

}  // namespace
}  // namespace nadir
