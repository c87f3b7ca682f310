#include "predict/output_files.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace nadir {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMark = ".part-";  // and the process, as TemporaryFile names files

bool is_abandoned(const std::string& name, const fs::path& target) {
  const bool is_target =
      name.starts_with(target.stem().string() + kMark) || name.starts_with(target.filename().string() + ".");
  const auto at = name.find(kMark);
  if (!is_target || at == std::string::npos) return false;
  const std::string rest = name.substr(at + std::char_traits<char>::length(kMark));
  const auto process = static_cast<::pid_t>(std::strtol(rest.c_str(), nullptr, 10));
  return process > 0 && ::kill(process, 0) != 0 && errno == ESRCH;
}

void remove_abandoned_of(const fs::path& target) {
  std::error_code error;
  std::vector<fs::path> abandoned;
  for (const fs::directory_entry& each :
       fs::directory_iterator(target.has_parent_path() ? target.parent_path() : fs::path("."), error)) {
    if (is_abandoned(each.path().filename().string(), target)) abandoned.push_back(each.path());
  }
  for (const fs::path& each : abandoned) fs::remove_all(each, error);
}

}  // namespace

std::vector<fs::path> PredictOutputs::paths() const {
  std::vector<fs::path> paths;
  for (const fs::path& each : {classes, probability, confidence, polygons, areas, overlay}) {
    if (!each.empty()) paths.push_back(each);
  }
  return paths;
}

fs::path work_folder(const PredictOutputs& outputs) {
  const std::vector<fs::path> paths = outputs.paths();
  if (paths.empty())
    throw ConfigError("no output is asked for; name a class map, probabilities, polygons or areas");
  return paths.front().string() + ".work";
}

void discard_work(const fs::path& folder) {
  // A folder goes file by file; half of it must not look like work to go on with.
  const fs::path gone = folder.string() + kMark + std::to_string(::getpid());
  std::error_code error;
  fs::rename(folder, gone, error);
  fs::remove_all(error ? folder : gone, error);
}

void remove_abandoned(const PredictOutputs& outputs) {
  for (const fs::path& each : outputs.paths()) remove_abandoned_of(each);
}

bool outputs_are_there(const PredictInput& input, const PredictOutputs& outputs) {
  std::error_code error;
  if (fs::exists(work_folder(outputs), error)) return false;
  for (const fs::path& output : outputs.paths()) {
    if (!fs::exists(output, error)) return false;
    for (const std::string& file : input.files) {
      const auto made = fs::last_write_time(file, error);
      if (!error && fs::last_write_time(output, error) < made) return false;
    }
  }
  remove_abandoned(outputs);
  return true;
}

}  // namespace nadir
