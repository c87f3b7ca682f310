#include "weights/zip_writer.h"

#include <zlib.h>

#include <algorithm>

namespace nadir {
namespace {

constexpr std::uint32_t kIn64 = 0xffffffff;
constexpr std::uint16_t kPlainVersion = 20, kZip64Version = 45, kUtf8 = 0x0800;
constexpr std::uint16_t kFirstOfJanuary1980 = 0x21;               // the archive depends on its contents alone
constexpr std::uint16_t kZip64Field = 1, kPaddingField = 0x4246;  // "FB", as PyTorch pads
constexpr std::uint64_t kLocalSize = 30, kFieldHead = 4;

template <class Number>
void append(std::string& bytes, Number value) {
  for (std::size_t i = 0; i < sizeof(Number); ++i) bytes += static_cast<char>(value >> (8 * i));
}

}  // namespace

std::string ZipWriter::local_header(const Entry& entry) const {
  const bool large = entry.size >= zip64_from_;
  std::string extra;
  if (large) {
    append(extra, kZip64Field);
    append<std::uint16_t>(extra, 16);
    append(extra, entry.size);
    append(extra, entry.size);
  }
  const std::uint64_t begin = entry.offset + kLocalSize + entry.name.size() + extra.size() + kFieldHead;
  const std::uint64_t padding = (alignment_ - begin % alignment_) % alignment_;
  append(extra, kPaddingField);
  append(extra, static_cast<std::uint16_t>(padding));
  extra.append(padding, 'Z');

  std::string bytes;
  append<std::uint32_t>(bytes, 0x04034b50);
  append(bytes, large ? kZip64Version : kPlainVersion);
  append(bytes, kUtf8);
  append<std::uint16_t>(bytes, 0);  // stored
  append<std::uint16_t>(bytes, 0);  // time
  append(bytes, kFirstOfJanuary1980);
  append(bytes, entry.crc);
  append(bytes, large ? kIn64 : static_cast<std::uint32_t>(entry.size));
  append(bytes, large ? kIn64 : static_cast<std::uint32_t>(entry.size));
  append(bytes, static_cast<std::uint16_t>(entry.name.size()));
  append(bytes, static_cast<std::uint16_t>(extra.size()));
  return bytes + entry.name + extra;
}

std::string ZipWriter::directory_entry(const Entry& entry) const {
  const bool large = entry.size >= zip64_from_, far = entry.offset >= zip64_from_;
  std::string values;
  if (large) {
    append(values, entry.size);
    append(values, entry.size);
  }
  if (far) append(values, entry.offset);
  std::string extra;
  if (!values.empty()) {
    append(extra, kZip64Field);
    append(extra, static_cast<std::uint16_t>(values.size()));
    extra += values;
  }
  const std::uint16_t version = values.empty() ? kPlainVersion : kZip64Version;
  std::string bytes;
  append<std::uint32_t>(bytes, 0x02014b50);
  append(bytes, version);
  append(bytes, version);
  append(bytes, kUtf8);
  append<std::uint16_t>(bytes, 0);
  append<std::uint16_t>(bytes, 0);
  append(bytes, kFirstOfJanuary1980);
  append(bytes, entry.crc);
  append(bytes, large ? kIn64 : static_cast<std::uint32_t>(entry.size));
  append(bytes, large ? kIn64 : static_cast<std::uint32_t>(entry.size));
  append(bytes, static_cast<std::uint16_t>(entry.name.size()));
  append(bytes, static_cast<std::uint16_t>(extra.size()));
  append<std::uint16_t>(bytes, 0);  // comment
  append<std::uint16_t>(bytes, 0);  // disk
  append<std::uint16_t>(bytes, 0);  // attributes
  append<std::uint32_t>(bytes, 0);
  append(bytes, far ? kIn64 : static_cast<std::uint32_t>(entry.offset));
  return bytes + entry.name + extra;
}

void ZipWriter::write(std::string_view bytes) {
  stream_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  written_ += bytes.size();
}

void ZipWriter::add(const std::string& name, const void* data, std::uint64_t size) {
  const auto crc = static_cast<std::uint32_t>(crc32_z(0, static_cast<const Bytef*>(data), size));
  const Entry& entry = entries_.emplace_back(Entry{name, written_, size, crc});
  write(local_header(entry));
  write({static_cast<const char*>(data), size});
}

void ZipWriter::finish() {
  const std::uint64_t begin = written_;
  for (const Entry& each : entries_) write(directory_entry(each));
  const std::uint64_t size = written_ - begin, end64 = written_, count = entries_.size();
  const bool large = begin >= zip64_from_ || size >= zip64_from_ || count >= 0xffff;
  std::string bytes;
  if (large) {
    append<std::uint32_t>(bytes, 0x06064b50);
    append<std::uint64_t>(bytes, 44);  // what follows
    append(bytes, kZip64Version);
    append(bytes, kZip64Version);
    append<std::uint32_t>(bytes, 0);  // disks
    append<std::uint32_t>(bytes, 0);
    for (const std::uint64_t value : {count, count, size, begin}) append(bytes, value);
    append<std::uint32_t>(bytes, 0x07064b50);
    append<std::uint32_t>(bytes, 0);
    append(bytes, end64);
    append<std::uint32_t>(bytes, 1);
  }
  append<std::uint32_t>(bytes, 0x06054b50);
  append<std::uint32_t>(bytes, 0);  // disks
  for (int i = 0; i < 2; ++i) append(bytes, static_cast<std::uint16_t>(large ? 0xffff : count));
  append(bytes, large ? kIn64 : static_cast<std::uint32_t>(size));
  append(bytes, large ? kIn64 : static_cast<std::uint32_t>(begin));
  append<std::uint16_t>(bytes, 0);  // comment
  write(bytes);
}

}  // namespace nadir
