// This program again, as a process of its own.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace nadir {

// Starts `nadir arguments…` with its output appended to `log`. Throws Error when it cannot be started.
pid_t start_nadir(const std::vector<std::string>& arguments, const std::filesystem::path& log);

struct ProcessEnd {
  pid_t process = 0;
  int code = 0;    // the exit code; 128 + the signal where it was killed
  int signal = 0;  // 0: none
};
// Waits for any of the processes that were started. A stop that is asked for meanwhile is passed on to `all`.
ProcessEnd wait_for_any(const std::vector<pid_t>& all);

}  // namespace nadir
