// The bytes of an HDF5 file, read at any place and never beyond the end.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "weights/byte_file.h"

namespace nadir::hdf5 {

constexpr std::uint64_t kUndefined = ~std::uint64_t{0};  // the address of what was never written

// A file, or an image of one that was unpacked from `file`.
class Bytes {
 public:
  explicit Bytes(std::shared_ptr<const ByteFile> file) : file_(std::move(file)) {}
  Bytes(std::shared_ptr<const ByteFile> file, std::string image)
      : file_(std::move(file)), image_(std::make_shared<const std::string>(std::move(image))) {}

  std::uint64_t size() const { return image_ ? image_->size() : file_->size(); }
  bool holds(std::uint64_t offset, std::uint64_t bytes) const {
    return offset <= size() && bytes <= size() - offset;
  }
  // Both throw ModelError when the file ends earlier.
  void read(std::uint64_t offset, void* to, std::uint64_t bytes) const;
  std::string text(std::uint64_t offset, std::uint64_t bytes) const;
  // Throws the ModelError "FILE: why".
  [[noreturn]] void refuse(const std::string& why) const;

 private:
  std::shared_ptr<const ByteFile> file_;
  std::shared_ptr<const std::string> image_;
};

// Goes through a structure from its beginning; what would lie behind its end is refused. HDF5's numbers are
// little-endian. The bytes must live as long as the cursor.
class Cursor {
 public:
  // `what` is for messages: "its B-tree".
  Cursor(const Bytes& file, std::string_view bytes, std::string_view what)
      : file_(file), bytes_(bytes), what_(what) {}

  std::uint64_t left() const { return bytes_.size() - at_; }
  std::string_view bytes(std::uint64_t count);
  void skip(std::uint64_t count) { bytes(count); }
  std::uint64_t number(int width);  // of 1 to 8 bytes
  int byte() { return static_cast<int>(number(1)); }
  // Goes on at the next multiple of 8 from the beginning, or at the end.
  void align();
  void expect(std::string_view signature);
  [[noreturn]] void refuse(const std::string& why) const;

 private:
  const Bytes& file_;
  std::string_view bytes_, what_;
  std::uint64_t at_ = 0;
};

// How much may still be read. In a whole file each byte belongs to one structure; a file whose structures
// overlap or go in circles would take time and memory that its size does not justify.
class Budget {
 public:
  Budget(const Bytes& file, std::uint64_t bytes) : file_(file), left_(bytes) {}
  void take(std::uint64_t bytes) {
    if (bytes > left_) file_.refuse("its HDF5 structures overlap (damaged?)");
    left_ -= bytes;
  }
  // A structure's bytes.
  std::string text(std::uint64_t offset, std::uint64_t bytes) {
    take(bytes);
    return file_.text(offset, bytes);
  }

 private:
  const Bytes& file_;
  std::uint64_t left_;
};

}  // namespace nadir::hdf5
