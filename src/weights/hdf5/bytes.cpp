#include "weights/hdf5/bytes.h"

#include <algorithm>
#include <cstring>

namespace nadir::hdf5 {

void Bytes::read(std::uint64_t offset, void* to, std::uint64_t bytes) const {
  if (!image_) return file_->read(offset, to, bytes);
  if (!holds(offset, bytes)) {
    refuse("ends at byte " + std::to_string(size()) + ", where byte " + std::to_string(offset) + " and " +
           std::to_string(bytes) + " more were expected (damaged?)");
  }
  std::memcpy(to, image_->data() + offset, bytes);
}

std::string Bytes::text(std::uint64_t offset, std::uint64_t bytes) const {
  if (!holds(offset, bytes)) read(offset, nullptr, bytes);  // says where it ends
  std::string result(bytes, '\0');
  read(offset, result.data(), bytes);
  return result;
}

void Bytes::refuse(const std::string& why) const {
  file_->refuse((image_ ? "the HDF5 file in it: " : "") + why);
}

std::string_view Cursor::bytes(std::uint64_t count) {
  if (count > left()) refuse("ends too early");
  const std::string_view found = bytes_.substr(at_, count);
  at_ += count;
  return found;
}

std::uint64_t Cursor::number(int width) {
  std::uint64_t value = 0;
  int shift = 0;
  for (const char each : bytes(static_cast<std::uint64_t>(width))) {
    value |= std::uint64_t{static_cast<unsigned char>(each)} << shift;
    shift += 8;
  }
  return value;
}

void Cursor::align() { skip(std::min<std::uint64_t>((8 - at_ % 8) % 8, left())); }

void Cursor::expect(std::string_view signature) {
  if (bytes(signature.size()) != signature) refuse("does not begin with " + std::string(signature));
}

void Cursor::refuse(const std::string& why) const { file_.refuse(std::string(what_) + " " + why); }

}  // namespace nadir::hdf5
