#include "fuzz/fuzz.h"
#include "nadir/runtime.h"

namespace nadir {

std::string test_data(const std::string& name) {
  return read_text_file(std::filesystem::path(NADIR_TEST_DATA) / name);
}

}  // namespace nadir
