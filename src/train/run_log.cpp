#include "train/run_log.h"

#include <array>
#include <ctime>

namespace nadir {

RunLog::RunLog(const RunFolder& run, ProgressObserver& observer) : observer_(observer) {
  std::error_code error;
  std::filesystem::create_directories(run.path(), error);
  file_.open(run.log(), std::ios::app);
  if (!file_) {
    throw DataError(run.path().string() + ": the run folder cannot be written" +
                    (error ? ": " + error.message() : std::string()) + "; choose another with --output");
  }
}

void RunLog::message(const std::string& line) {
  keep(line);
  observer_.message(line);
}

void RunLog::warning(const std::string& line) {
  keep("warning: " + line);
  observer_.warning(line);
}

void RunLog::keep(const std::string& line) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> stamp{};
  std::strftime(stamp.data(), stamp.size(), "%Y-%m-%dT%H:%M:%SZ ", &parts);
  file_ << stamp.data() << line << std::endl;  // flushed: a killed run keeps its log
}

}  // namespace nadir
