// A file that appears under its name when commit() succeeds, and leaves no trace when it does not.
#pragma once

#include <filesystem>

namespace nadir {

class TemporaryFile {
 public:
  // Makes missing folders. Throws DataError when the target's folder cannot be written.
  explicit TemporaryFile(const std::filesystem::path& target);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::filesystem::path& path() const { return path_; }  // in the target's folder, with its suffix
  // Syncs, renames to the target, syncs the folder. Throws DataError; the target is then as it was.
  void commit();

 private:
  std::filesystem::path target_;
  std::filesystem::path path_;  // empty once committed
};

}  // namespace nadir
