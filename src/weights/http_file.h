// One file over HTTP, continued where an earlier attempt stopped. Built with NADIR_DOWNLOAD.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "nadir/runtime.h"

namespace nadir {

// TARGET.part, locked against other processes for as long as this object lives. Stays when it is not
// committed.
class PartFile {
 public:
  // Makes missing folders; waits for the lock. Throws DataError.
  explicit PartFile(std::filesystem::path target);
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::int64_t size() const;            // bytes so far
  bool append(std::string_view bytes);  // false: the disk is full
  void clear();
  void commit();  // syncs, and gives it its name

 private:
  std::filesystem::path target_, path_;
  int descriptor_ = -1;
};

// Fetches what is missing of `part`. Gives "", or why it did not work. Broken connections are taken up again
// as long as something comes. Throws DataError (disk full) and Interrupted.
std::string fetch_http(const std::string& url, PartFile& part, ProgressObserver& observer);

}  // namespace nadir
