#include "weights/byte_stream.h"

#include <algorithm>

namespace nadir {
namespace {

constexpr std::uint64_t kReadAhead = 64U << 10;

}  // namespace

ByteStream::ByteStream(std::shared_ptr<const ByteFile> file, std::uint64_t begin)
    : file_(std::move(file)), in_memory_(false), base_(begin) {}
ByteStream::ByteStream(std::shared_ptr<const ByteFile> file, std::string text)
    : file_(std::move(file)), in_memory_(true), buffer_(std::move(text)) {}

std::uint64_t ByteStream::left() const {
  if (in_memory_) return buffer_.size() - at_;
  return position() < file_->size() ? file_->size() - position() : 0;
}

// Makes the next `count` bytes lie in the buffer.
void ByteStream::fill(std::uint64_t count) {
  if (count > left())
    file_->refuse("pickle, byte " + std::to_string(position()) + ": ends early (cut short?)");
  if (buffer_.size() - at_ >= count) return;
  base_ = position();
  at_ = 0;
  buffer_ = file_->text(base_, std::min(std::max(count, kReadAhead), file_->size() - base_));
}

char ByteStream::byte() {
  fill(1);
  return buffer_[at_++];
}

std::string ByteStream::take(std::uint64_t count) {
  fill(count);
  std::string bytes = buffer_.substr(at_, count);
  at_ += count;
  return bytes;
}

std::string ByteStream::line() {
  std::string text;
  for (char next = byte(); next != '\n'; next = byte()) {
    text += next;
    if (text.size() > kLongestLine) break;
  }
  return text;
}

}  // namespace nadir
