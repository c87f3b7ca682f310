#include "child_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "nadir/runtime.h"

namespace nadir {

pid_t start_nadir(const std::vector<std::string>& arguments, const std::filesystem::path& log) {
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& each : words) argv.push_back(each.data());
  argv.push_back(nullptr);
  std::filesystem::create_directories(log.parent_path());

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t process = 0;
  const int error = posix_spawn(&process, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw Error(program + ": cannot be started: " + std::strerror(error));
  return process;
}

ProcessEnd wait_for_any(const std::vector<pid_t>& all) {
  bool told = false;
  while (true) {
    for (const pid_t each : all) {
      int status = 0;
      if (waitpid(each, &status, WNOHANG) != each) continue;
      if (WIFSIGNALED(status)) return {each, 128 + WTERMSIG(status), WTERMSIG(status)};
      return {each, WEXITSTATUS(status), 0};
    }
    // The terminal's Ctrl-C reaches the processes by itself; a kill of this one alone does not.
    if (stop_requested() && !told) {
      for (const pid_t each : all) kill(each, SIGTERM);
      told = true;
    }
    usleep(50'000);
  }
}

}  // namespace nadir
