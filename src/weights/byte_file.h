// A file read at any place, with every size checked against the file's before memory is asked for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace nadir {

class ByteFile {
 public:
  // Throws ModelError: no such file, a folder, cannot be read.
  explicit ByteFile(std::filesystem::path path);
  // A file within another: its contents, and what messages call it.
  ByteFile(std::filesystem::path name, std::string contents);

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }
  // Whether [offset, offset + bytes) lies in the file.
  bool holds(std::uint64_t offset, std::uint64_t bytes) const {
    return offset <= size_ && bytes <= size_ - offset;
  }
  // Throws ModelError when the file ends earlier.
  void read(std::uint64_t offset, void* to, std::uint64_t bytes) const;
  std::string text(std::uint64_t offset, std::uint64_t bytes) const;
  // Throws the ModelError "FILE: why".
  [[noreturn]] void refuse(const std::string& why) const;

 private:
  std::filesystem::path path_;
  std::uint64_t size_ = 0;
  std::string contents_;  // of a file within another
  mutable std::ifstream stream_;
};

// Little-endian numbers of a file's bytes, which need no alignment.
template <class Number>
Number little_endian(const char* bytes) {
  Number value = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i) {
    value =
        static_cast<Number>(value | (static_cast<Number>(static_cast<unsigned char>(bytes[i])) << (8 * i)));
  }
  return value;
}

}  // namespace nadir
