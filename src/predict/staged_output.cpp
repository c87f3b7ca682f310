#include "predict/staged_output.h"

#include <signal.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <vector>

namespace nadir {
namespace {

namespace fs = std::filesystem;

fs::path with_suffix(const fs::path& file, const char* suffix) { return file.string() + suffix; }

}  // namespace

void remove_abandoned(const fs::path& target) {
  const std::string begin = target.stem().string(), mark = ".part-";
  std::error_code error;
  std::vector<fs::path> abandoned;
  for (const fs::directory_entry& each :
       fs::directory_iterator(target.has_parent_path() ? target.parent_path() : fs::path("."), error)) {
    const std::string name = each.path().filename().string();
    const auto at = name.find(mark);
    if (!name.starts_with(begin) || at == std::string::npos) continue;
    const auto process = static_cast<::pid_t>(std::strtol(name.c_str() + at + mark.size(), nullptr, 10));
    if (process > 0 && ::kill(process, 0) != 0 && errno == ESRCH) abandoned.push_back(each.path());
  }
  for (const fs::path& each : abandoned) fs::remove(each, error);
}

StagedOutput::StagedOutput(const fs::path& target)
    : target_(target), temporary_(target), side_car_(with_suffix(temporary_.path(), ".aux.xml")) {}

StagedOutput::~StagedOutput() {
  std::error_code ignored;
  fs::remove(side_car_, ignored);
}

void StagedOutput::commit() {
  temporary_.commit();
  std::error_code ignored;
  for (const char* suffix : {".aux.xml", ".ovr", ".msk"}) fs::remove(with_suffix(target_, suffix), ignored);
  // Programs that read the map without it see the same classes, unnamed.
  if (fs::exists(side_car_)) fs::rename(side_car_, with_suffix(target_, ".aux.xml"));
}

}  // namespace nadir
