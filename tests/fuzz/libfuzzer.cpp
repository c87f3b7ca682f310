// A target for LLVM's libFuzzer: `libfuzzer_NAME -close_fd_mask=1 corpus_folder`. Configured with
// -DNADIR_LIBFUZZER=ON.
#include <unistd.h>

#include <cstdint>
#include <fstream>

#include "fuzz/fuzz.h"
#include "nadir/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const nadir::FuzzTarget target = nadir::fuzz_target();
  static const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("fuzz-" + target.name + "-" + std::to_string(::getpid()));
  std::ofstream(file, std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  try {
    target.read(file);
  } catch (const nadir::Error&) {  // what a bad input is to be answered with
  }
  return 0;
}
