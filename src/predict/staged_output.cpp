#include "predict/staged_output.h"

#include <string>
#include <system_error>

namespace nadir {
namespace {

namespace fs = std::filesystem;

fs::path with_suffix(const fs::path& file, const char* suffix) { return file.string() + suffix; }

}  // namespace

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
