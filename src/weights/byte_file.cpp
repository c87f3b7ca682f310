#include "weights/byte_file.h"

#include <cstring>

#include "nadir/error.h"

namespace nadir {

ByteFile::ByteFile(std::filesystem::path path) : path_(std::move(path)) {
  std::error_code ignored;
  if (!std::filesystem::exists(path_, ignored)) refuse("there is no such file");
  if (std::filesystem::is_directory(path_, ignored)) refuse("is a folder, not a file");
  stream_.open(path_, std::ios::binary | std::ios::ate);
  if (!stream_) refuse("cannot be read");
  size_ = static_cast<std::uint64_t>(stream_.tellg());
}

ByteFile::ByteFile(std::filesystem::path name, std::string contents)
    : path_(std::move(name)), size_(contents.size()), contents_(std::move(contents)) {}

void ByteFile::read(std::uint64_t offset, void* to, std::uint64_t bytes) const {
  if (!holds(offset, bytes)) {
    refuse("ends at byte " + std::to_string(size_) + ", where byte " + std::to_string(offset) + " and " +
           std::to_string(bytes) + " more were expected (cut short?)");
  }
  if (!contents_.empty()) {
    std::memcpy(to, contents_.data() + offset, bytes);
    return;
  }
  stream_.clear();
  stream_.seekg(static_cast<std::streamoff>(offset));
  if (!stream_.read(static_cast<char*>(to), static_cast<std::streamsize>(bytes))) refuse("cannot be read");
}

std::string ByteFile::text(std::uint64_t offset, std::uint64_t bytes) const {
  if (!holds(offset, bytes)) read(offset, nullptr, bytes);  // says where it ends
  std::string result(bytes, '\0');
  read(offset, result.data(), bytes);
  return result;
}

void ByteFile::refuse(const std::string& why) const { throw ModelError(path_.string() + ": " + why); }

}  // namespace nadir
