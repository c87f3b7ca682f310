#include "weights/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "nadir/error.h"

namespace nadir {

MappedFile::MappedFile(const std::filesystem::path& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (file < 0 || fstat(file, &status) != 0) {
    const std::string why = std::strerror(errno);
    if (file >= 0) close(file);
    throw ModelError(path.string() + ": cannot be read: " + why);
  }
  size_ = status.st_size;
  void* pages = size_ == 0 ? nullptr
                           : mmap(nullptr, static_cast<std::size_t>(size_), PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_NORESERVE, file, 0);
  const std::string why = std::strerror(errno);
  close(file);
  if (pages == MAP_FAILED) throw ModelError(path.string() + ": cannot be mapped into memory: " + why);
  data_ = static_cast<char*>(pages);
}

MappedFile::~MappedFile() {
  if (data_) munmap(data_, static_cast<std::size_t>(size_));
}

}  // namespace nadir
