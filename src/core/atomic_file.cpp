#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>

#include "core/temporary.h"
#include "nadir/runtime.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

void sync_path(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  const int result = ::fsync(descriptor);
  const int error = errno;
  ::close(descriptor);
  // Some file systems know no fsync for folders; a disk that fails to store is another matter.
  if (result != 0 && (error == EIO || error == ENOSPC || error == EDQUOT)) {
    throw DataError(path.string() + ": cannot be stored: " + std::strerror(error));
  }
}

void write_whole(const fs::path& path, std::string_view contents) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) throw DataError(path.string() + ": cannot be written: " + std::strerror(errno));
  std::size_t done = 0;
  while (done < contents.size()) {
    const ::ssize_t step = ::write(descriptor, contents.data() + done, contents.size() - done);
    if (step < 0 && errno == EINTR) continue;
    if (step < 0) {
      const int error = errno;
      ::close(descriptor);
      throw DataError(path.string() + ": cannot be written (" + std::to_string(contents.size()) +
                      " bytes): " + std::strerror(error));
    }
    done += static_cast<std::size_t>(step);
  }
  if (::close(descriptor) != 0)
    throw DataError(path.string() + ": cannot be written: " + std::strerror(errno));
}

}  // namespace

TemporaryFile::TemporaryFile(const fs::path& target) : target_(target) {
  if (target.filename().empty()) throw DataError(target.string() + ": is a folder; name a file in it");
  const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
  std::error_code error;
  fs::create_directories(folder, error);
  if (!fs::is_directory(folder)) {
    throw DataError(folder.string() + ": the folder cannot be made: " + error.message());
  }
  if (fs::is_directory(target)) throw DataError(target.string() + ": is a folder; name a file in it");
  if (::access(folder.c_str(), W_OK) != 0) {
    throw DataError(folder.string() + ": the folder cannot be written: " + std::strerror(errno) +
                    "; choose another output");
  }
  static std::atomic<int> count{0};
  // The suffix stays: several GDAL drivers choose their format by it.
  path_ = folder / (target.stem().string() + ".part-" + std::to_string(::getpid()) + "-" +
                    std::to_string(count++) + target.extension().string());
}

TemporaryFile::~TemporaryFile() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove(path_, ignored);
}

void TemporaryFile::commit() {
  sync_path(path_);
  std::error_code error;
  fs::rename(path_, target_, error);
  if (error) throw DataError(target_.string() + ": cannot be replaced: " + error.message());
  path_.clear();
  sync_path(target_.has_parent_path() ? target_.parent_path() : fs::path("."));
}

std::string read_text_file(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream || fs::is_directory(file)) {
    throw DataError(file.string() + (fs::exists(file) ? ": cannot be read" : ": there is no such file"));
  }
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write_file_atomically(const fs::path& file, std::string_view contents) {
  write_file_atomically(file, [&](const fs::path& temporary) { write_whole(temporary, contents); });
}

void write_file_atomically(const fs::path& file, const std::function<void(const fs::path&)>& write) {
  TemporaryFile temporary(file);
  write(temporary.path());
  temporary.commit();
}

}  // namespace nadir
