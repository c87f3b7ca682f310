// A file's bytes in memory as the operating system pages them in.
#pragma once

#include <cstdint>
#include <filesystem>

namespace nadir {

class MappedFile {
 public:
  // Throws ModelError naming the file. The pages are private: what is written to them never reaches the file.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  char* data() const { return data_; }
  std::int64_t size() const { return size_; }

 private:
  char* data_ = nullptr;
  std::int64_t size_ = 0;
};

}  // namespace nadir
