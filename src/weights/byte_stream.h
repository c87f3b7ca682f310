// Bytes one after the other, as pickles are read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "weights/byte_file.h"

namespace nadir {

// Bytes taken one after the other, of a file or of a text in memory.
class ByteStream {
 public:
  ByteStream(std::shared_ptr<const ByteFile> file, std::uint64_t begin);
  ByteStream(std::shared_ptr<const ByteFile> file, std::string text);  // `file` names it in messages

  static constexpr std::uint64_t kLongestLine = 4096;  // bytes: names of globals

  const ByteFile& file() const { return *file_; }
  std::uint64_t position() const { return base_ + at_; }
  char byte();
  std::string take(std::uint64_t count);
  std::string line();  // up to a line feed, without it; of longer ones kLongestLine + 1 bytes

 private:
  std::uint64_t left() const;
  void fill(std::uint64_t count);

  std::shared_ptr<const ByteFile> file_;
  bool in_memory_;
  std::string buffer_;
  std::uint64_t base_ = 0;  // place of the buffer's first byte
  std::size_t at_ = 0;      // in the buffer
};

}  // namespace nadir
