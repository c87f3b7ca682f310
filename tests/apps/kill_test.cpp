// A run that is killed at any moment, again and again, ends as one that never was.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "apps/program.h"
#include "train/run_comparison.h"
#include "train/small_recipe.h"

namespace nadir {
namespace {

constexpr int kKills = 22;

pid_t start(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {NADIR_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& each : words) argv.push_back(each.data());
  argv.push_back(nullptr);
  const pid_t process = fork();
  if (process != 0) return process;
  const int nowhere = open("/dev/null", O_RDWR);
  dup2(nowhere, STDOUT_FILENO);
  dup2(nowhere, STDERR_FILENO);
  execv(argv[0], argv.data());
  _exit(127);
}

std::uintmax_t log_size(const RunFolder& run) {
  std::error_code none;
  const std::uintmax_t size = std::filesystem::file_size(run.log(), none);
  return none ? 0 : size;
}

// Whether the process ended by itself within the time.
bool ended(pid_t process, std::chrono::microseconds within, int& status) {
  const auto until = std::chrono::steady_clock::now() + within;
  do {
    if (waitpid(process, &status, WNOHANG) == process) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  } while (std::chrono::steady_clock::now() < until);
  return false;
}

// Starts or resumes the run and kills it some time after its first word, later the more often it was killed:
// on a busy machine a fraction of a second may not reach the next checkpoint. Whether it was killed before
// its end.
bool train_and_kill(const std::string& recipe, const RunFolder& run, RandomStream& random, int before) {
  const bool begun = std::filesystem::exists(checkpoint_file(run));
  const std::string folder = run.path().string();
  const std::uintmax_t words = log_size(run);
  const pid_t process = begun ? start({"train", "--resume", folder}) : start({"train", recipe, "-o", folder});
  int status = 0;
  bool is_over = false;
  while (!is_over && log_size(run) == words) is_over = ended(process, std::chrono::milliseconds(1), status);
  const auto wait = std::chrono::microseconds(random.below(400'000) << std::min(before / 8, 8));
  if (is_over || ended(process, wait, status)) {
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return false;
  }
  kill(process, SIGKILL);
  waitpid(process, &status, 0);
  return WIFSIGNALED(status);
}

TEST(KillTest, AKilledRunEndsWithTheSameWeightsAndMetricsBitForBit) {
  const TemporaryFolder folder;
  const std::string recipe = (folder / "killed.yaml").string();
  const Recipe small = [&] {
    Recipe changed = small_recipe(folder);
    changed.name = "killed";
    changed.train.epochs = 4;
    changed.train.checkpoint_every = "3 steps";
    changed.train.average.decay = 0.9;
    changed.train.keep_best = 2;
    changed.train.loader_threads = 1;
    return changed;
  }();
  write_file_atomically(recipe, recipe_to_yaml(small));
  const RunFolder whole(folder / "whole");
  ASSERT_EQ(run_nadir("train " + recipe + " -o " + whole.path().string()).code, 0);

  RandomStream random(2024);
  int kills = 0;
  for (int number = 0; kills < kKills; ++number) {
    const RunFolder run(folder / ("run" + std::to_string(number)));
    for (int here = 0; train_and_kill(recipe, run, random, here); ++here) ++kills;
    EXPECT_TRUE(same_tensors(whole.last(), run.last())) << "run " << number;
    EXPECT_TRUE(same_tensors(whole.best(), run.best())) << "run " << number;
    EXPECT_TRUE(same_tensors(checkpoint_file(whole), checkpoint_file(run))) << "run " << number;
    const auto expected = read_epochs(whole), found = read_epochs(run);
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(untimed(found[i]), untimed(expected[i]));
    std::filesystem::remove_all(run.path());
  }
  EXPECT_GE(kills, 20);
}

}  // namespace
}  // namespace nadir
