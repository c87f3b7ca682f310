// `nadir predict` as a user runs it: killed and gone on with, in several processes, on folders of pictures.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <torch/torch.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "apps/model_file.h"
#include "apps/program.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

class PredictProgramTest : public testing::Test {
 protected:
  void SetUp() override {
    ModelCard card = land_and_water("unet", "start: 4");
    card.tile = 32;
    save_untrained(path("model.safetensors"), card);
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string command(const std::string& output) const {
    return "predict " + path("model.safetensors") + " " + scene() + " --overlap 0.75 --device cpu -o " +
           path(output);
  }

  TemporaryFolder folder_;
};

// Starts the program in the background.
pid_t start(const std::string& arguments, const std::string& errors = "/dev/null") {
  const pid_t child = fork();
  if (child != 0) return child;
  const std::string line = "exec " + std::string(NADIR_PROGRAM) + " " + arguments + " >/dev/null 2>" + errors;
  execl("/bin/sh", "sh", "-c", line.c_str(), static_cast<char*>(nullptr));
  _exit(127);
}

// Starts the program and kills it after a while; false when it was done before.
bool kill_after(const std::string& arguments, std::chrono::milliseconds time) {
  const pid_t child = start(arguments);
  std::this_thread::sleep_for(time);
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status);
}

TEST_F(PredictProgramTest, KilledAtAnyMomentItGoesOnToTheSameBytes) {
  ASSERT_EQ(run_nadir(command("whole/map.tif")).code, 0);
  const auto whole = read_text_file(path("whole/map.tif"));
  RandomStream random(
      static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()));
  int kills = 0;
  for (int attempt = 0; attempt < 12; ++attempt) {
    const std::chrono::milliseconds time(200 + random.below(1200));
    if (!kill_after(command("killed/map.tif") + " --resume", time)) break;
    ++kills;
    // A map under its name is whole: the kill came while the process was ending.
    if (!fs::exists(path("killed/map.tif"))) continue;
    EXPECT_EQ(read_text_file(path("killed/map.tif")), whole) << "after " << time.count() << " ms";
  }
  const Outcome last = run_nadir(command("killed/map.tif") + " --resume");
  EXPECT_EQ(last.code, 0) << last.errors;
  EXPECT_EQ(read_text_file(path("killed/map.tif")), whole) << kills << " kills";
  for (const fs::directory_entry& each : fs::directory_iterator(path("killed"))) {
    const std::string name = each.path().filename().string();
    EXPECT_TRUE(name == "map.tif" || name == "map.tif.aux.xml") << name;
  }
}

TEST_F(PredictProgramTest, InterruptedItSaysHowToGoOn) {
  int status = 0;
  // The process may be done before this one gets to run again; then it is tried once more.
  for (int attempt = 0; attempt < 20; ++attempt) {
    fs::remove_all(path("a"));
    const pid_t child = start(command("a/map.tif") + " --tta all --resume", path("stderr"));
    pid_t ended = 0;
    while (!fs::exists(path("a/map.tif.work/plan.json")) && (ended = waitpid(child, &status, WNOHANG)) == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (ended == 0) {
      kill(child, SIGINT);
      waitpid(child, &status, 0);
    }
    if (!fs::exists(path("a/map.tif"))) break;
    EXPECT_EQ(WEXITSTATUS(status), 0);
  }
  EXPECT_EQ(WEXITSTATUS(status), 130);
  const std::string words = read_text_file(path("stderr"));
  EXPECT_NE(words.find("prediction stopped"), std::string::npos) << words;
  EXPECT_FALSE(fs::exists(path("a/map.tif")));
}

TEST_F(PredictProgramTest, SeveralProcessesMakeTheBytesOfOne) {
  ASSERT_EQ(run_nadir(command("whole/map.tif") + " --probability " + path("whole/p.tif")).code, 0);
  const std::string shards = command("shards/map.tif") + " --probability " + path("shards/p.tif");
  EXPECT_EQ(run_nadir(shards + " --shard 0/2").code, 0);
  EXPECT_EQ(run_nadir(shards + " --join").code, 1);
  EXPECT_EQ(run_nadir(shards + " --shard 1/2").code, 0);
  EXPECT_EQ(run_nadir(shards + " --join").code, 0);
  // As mpirun starts them; both at once.
  const std::string ranks = command("ranks/map.tif") + " --probability " + path("ranks/p.tif");
  const auto rank = [&](int index) {
    return "OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_RANK=" + std::to_string(index) + " " + NADIR_PROGRAM +
           " " + ranks;
  };
  ASSERT_EQ(std::system(("(" + rank(1) + " & " + rank(0) + "; a=$?; wait; exit $a) >/dev/null 2>&1").c_str()),
            0);
  for (const char* const name : {"shards", "ranks"}) {
    for (const char* const file : {"/map.tif", "/p.tif"}) {
      EXPECT_EQ(read_text_file(path(name + std::string(file))),
                read_text_file(path(std::string("whole") + file)));
    }
    EXPECT_FALSE(fs::exists(path(name + std::string("/map.tif.work"))));
  }
  EXPECT_EQ(run_nadir(shards + " --shard 2/2").code, 1);
}

TEST_F(PredictProgramTest, AFolderOfPicturesBecomesMasksAndOverlays) {
  fs::create_directories(path("photos"));
  const torch::Tensor picture = torch::randint(0, 255, {50, 70, 3}, torch::kByte);
  write_file_atomically(path("photos/a.png"), encode_png(picture));
  write_file_atomically(path("photos/b.jpg"), encode_jpeg(picture));
  write_file_atomically(path("photos/c.jpg"), "no picture");
  const std::string arguments = "predict " + path("model.safetensors") + " " + path("photos") + " -o " +
                                path("masks") + " --overlay --json --device cpu";
  const Outcome outcome = run_nadir(arguments);
  EXPECT_EQ(outcome.code, 1);  // the rest is mapped all the same
  EXPECT_NE(outcome.errors.find("c.jpg"), std::string::npos) << outcome.errors;
  EXPECT_NE(outcome.errors.find("1 image of 3"), std::string::npos) << outcome.errors;
  for (const char* const file : {"a.png", "a_overlay.jpg", "b.png", "b_overlay.jpg"}) {
    EXPECT_TRUE(fs::exists(path("masks/" + std::string(file)))) << file;
  }
  EXPECT_NE(outcome.output.find("\"class\":\"water\""), std::string::npos) << outcome.output;
}

TEST_F(PredictProgramTest, WrongSizesAndPartsAreSaid) {
  for (const auto& [option, part] :
       {std::pair<std::string, std::string>{"--memory much", "--memory much is no size"},
        {"--memory 50M", "is too little"},
        {"--shard 5", "--shard 5 is no part"},
        {"--resolution fine", "--resolution fine is neither"}}) {
    const Outcome outcome = run_nadir(command("map.tif") + " " + option);
    EXPECT_EQ(outcome.code, 1) << option;
    EXPECT_NE(outcome.errors.find(part), std::string::npos) << outcome.errors;
  }
}

}  // namespace
}  // namespace nadir
