// Readers under inputs that nobody meant to be read. A target is one file: how to read a file, and good ones
// to begin with. `driver.cpp` makes a test of it that runs by wall time; `libfuzzer.cpp` hands it to LLVM's
// fuzzer.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace nadir {

struct FuzzTarget {
  std::string name;
  // Reads a file to its end. May throw nadir::Error and nothing else; may not ask for memory that the file's
  // size does not justify.
  std::function<void(const std::filesystem::path&)> read;
  std::vector<std::string> corpus;  // contents of files that `read` accepts
};
// Each program has one.
FuzzTarget fuzz_target();

// Contents of files under tests/data.
std::string test_data(const std::string& name);

}  // namespace nadir
