#include "weights/zip_archive.h"

#include <zlib.h>

#include <algorithm>

namespace nadir {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50, kDirectoryHeader = 0x02014b50, kDirectoryEnd = 0x06054b50,
                        kDirectoryEnd64 = 0x06064b50, kLocator64 = 0x07064b50;
constexpr std::uint64_t kDirectoryEndSize = 22, kLocatorSize = 20, kDirectoryEnd64Size = 56, kEntrySize = 46,
                        kLocalSize = 30, kLongestComment = 65535;
constexpr std::uint64_t kLargestDirectory = 256U << 20;  // bytes
constexpr std::uint64_t kMostFromOneByte = 1032;         // what deflate can unpack from one byte
constexpr std::uint32_t kIn64 = 0xffffffff;              // "the value is in the ZIP64 field"

struct Directory {
  std::uint64_t offset = 0, size = 0, entries = 0;
};

std::uint16_t u16(std::string_view bytes, std::size_t at) { return little_endian<std::uint16_t>(&bytes[at]); }
std::uint32_t u32(std::string_view bytes, std::size_t at) { return little_endian<std::uint32_t>(&bytes[at]); }
std::uint64_t u64(std::string_view bytes, std::size_t at) { return little_endian<std::uint64_t>(&bytes[at]); }

// The directory's end is the last thing in the file, but for a comment.
std::uint64_t find_directory_end(const ByteFile& file) {
  const std::uint64_t searched = std::min(file.size(), kDirectoryEndSize + kLongestComment);
  if (searched < kDirectoryEndSize) file.refuse("is no ZIP archive: shorter than 22 bytes");
  const std::string tail = file.text(file.size() - searched, searched);
  for (std::size_t at = tail.size() - kDirectoryEndSize + 1; at-- > 0;) {
    if (u32(tail, at) == kDirectoryEnd && u16(tail, at + 20) + at + kDirectoryEndSize <= tail.size()) {
      return file.size() - searched + at;
    }
  }
  file.refuse("is no whole ZIP archive: its directory is missing (cut short?)");
}

Directory read_directory_end(const ByteFile& file) {
  const std::uint64_t place = find_directory_end(file);
  const std::string end = file.text(place, kDirectoryEndSize);
  Directory directory{u32(end, 16), u32(end, 12), u16(end, 10)};
  if (directory.offset != kIn64 && directory.size != kIn64 && directory.entries != 0xffff) return directory;
  if (place < kLocatorSize) return directory;
  const std::string locator = file.text(place - kLocatorSize, kLocatorSize);
  if (u32(locator, 0) != kLocator64) return directory;
  const std::string end64 = file.text(u64(locator, 8), kDirectoryEnd64Size);
  if (u32(end64, 0) != kDirectoryEnd64) file.refuse("its ZIP64 directory's end is not where it should be");
  return {u64(end64, 48), u64(end64, 40), u64(end64, 32)};
}

// Sizes and offset that do not fit 32 bits stand in an extra field, in this order, those that are needed.
void read_zip64_field(const ByteFile& file, std::string_view extra, ZipEntry& entry) {
  while (extra.size() >= 4) {
    const std::uint16_t id = u16(extra, 0), size = u16(extra, 2);
    if (std::size_t{4} + size > extra.size()) break;
    std::string_view field = extra.substr(4, size);
    extra.remove_prefix(std::size_t{4} + size);
    if (id != 1) continue;
    for (std::uint64_t* value : {&entry.size, &entry.stored, &entry.header}) {
      if (*value != kIn64) continue;
      if (field.size() < 8) file.refuse("entry '" + entry.name + "' has a ZIP64 field that is too short");
      *value = u64(field, 0);
      field.remove_prefix(8);
    }
    return;
  }
}

void check_entry(const ByteFile& file, const ZipEntry& entry) {
  const std::string name = "entry '" + entry.name + "'";
  if (!file.holds(entry.header, kLocalSize) || !file.holds(entry.header, entry.stored)) {
    file.refuse(name + " leaves the file (cut short?)");
  }
  if (entry.deflated ? entry.size / kMostFromOneByte > entry.stored : entry.size != entry.stored) {
    file.refuse(name + " claims " + std::to_string(entry.size) + " bytes out of " +
                std::to_string(entry.stored));
  }
}

// Gives the entry at `at` of the directory and moves `at` behind it.
ZipEntry parse_entry(const ByteFile& file, std::string_view directory, std::size_t& at) {
  if (directory.size() - at < kEntrySize || u32(directory, at) != kDirectoryHeader) {
    file.refuse("its ZIP directory is damaged at byte " + std::to_string(at));
  }
  const std::string_view head = directory.substr(at, kEntrySize);
  const std::size_t name = u16(head, 28), extra = u16(head, 30), comment = u16(head, 32);
  if (directory.size() - at - kEntrySize < name + extra + comment) {
    file.refuse("its ZIP directory is damaged: an entry leaves it");
  }
  ZipEntry entry{std::string(directory.substr(at + kEntrySize, name)), u32(head, 42), u32(head, 20),
                 u32(head, 24), u32(head, 16)};
  const std::uint16_t method = u16(head, 10);
  if ((u16(head, 8) & 1) != 0) file.refuse("entry '" + entry.name + "' is encrypted");
  if (method != 0 && method != Z_DEFLATED) {
    file.refuse("entry '" + entry.name + "' is packed by method " + std::to_string(method) +
                "; stored and deflated ones can be read");
  }
  entry.deflated = method == Z_DEFLATED;
  read_zip64_field(file, directory.substr(at + kEntrySize + name, extra), entry);
  at += kEntrySize + name + extra + comment;
  check_entry(file, entry);
  return entry;
}

}  // namespace

bool ZipArchive::is_zip(const ByteFile& file) {
  return file.holds(0, 4) && u32(file.text(0, 4), 0) == kLocalHeader;
}

ZipArchive::ZipArchive(std::shared_ptr<const ByteFile> file) : file_(std::move(file)) {
  const Directory place = read_directory_end(*file_);
  if (!file_->holds(place.offset, place.size))
    file_->refuse("its ZIP directory leaves the file (cut short?)");
  if (place.size > kLargestDirectory || place.entries > place.size / kEntrySize) {
    file_->refuse("its ZIP directory of " + std::to_string(place.size) + " bytes cannot hold " +
                  std::to_string(place.entries) + " entries");
  }
  const std::string directory = file_->text(place.offset, place.size);
  std::uint64_t stored = 0;
  for (std::size_t at = 0; entries_.size() < place.entries;) {
    entries_.push_back(parse_entry(*file_, directory, at));
    stored += entries_.back().stored;
    if (stored > file_->size())
      file_->refuse("its ZIP entries overlap: together they are larger than the file");
  }
}

const ZipEntry* ZipArchive::find(std::string_view name) const {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const ZipEntry& each) { return each.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

std::uint64_t ZipArchive::data_offset(const ZipEntry& entry) const {
  const std::string head = file_->text(entry.header, kLocalSize);
  if (u32(head, 0) != kLocalHeader)
    file_->refuse("entry '" + entry.name + "' is not where the directory says");
  return entry.header + kLocalSize + u16(head, 26) + u16(head, 28);
}

void ZipArchive::inflate_entry(const ZipEntry& entry, std::uint64_t offset, char* to) const {
  const std::string packed = file_->text(offset, entry.stored);
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) file_->refuse("zlib could not begin");
  // zlib counts in 32 bits: both sides are given in pieces.
  constexpr std::uint64_t kPiece = 1U << 30;
  std::uint64_t taken = 0, made = 0;
  int state = Z_OK;
  while (state == Z_OK) {
    const std::uint64_t in = std::min(kPiece, entry.stored - taken),
                        out = std::min(kPiece, entry.size - made);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data() + taken));
    stream.avail_in = static_cast<uInt>(in);
    Bytef nothing = 0;
    stream.next_out = out > 0 ? reinterpret_cast<Bytef*>(to + made) : &nothing;
    stream.avail_out = static_cast<uInt>(out);
    state = inflate(&stream, Z_NO_FLUSH);
    taken += in - stream.avail_in;
    made += out - stream.avail_out;
    if (in == stream.avail_in && out == stream.avail_out && state == Z_OK) state = Z_BUF_ERROR;
  }
  inflateEnd(&stream);
  if (state != Z_STREAM_END || made != entry.size) {
    file_->refuse("entry '" + entry.name + "' cannot be unpacked (damaged)");
  }
}

void ZipArchive::read(const ZipEntry& entry, char* to) const {
  const std::uint64_t offset = data_offset(entry);
  if (entry.deflated) {
    inflate_entry(entry, offset, to);
  } else {
    file_->read(offset, to, entry.size);
  }
  if (entry.crc == 0) return;
  const auto sum = crc32_z(0, reinterpret_cast<const Bytef*>(to), entry.size);
  if (sum != entry.crc) file_->refuse("entry '" + entry.name + "' was altered: its checksum does not fit");
}

std::string ZipArchive::text(const ZipEntry& entry, std::uint64_t limit) const {
  if (entry.size > limit) {
    file_->refuse("entry '" + entry.name + "' has " + std::to_string(entry.size) + " bytes, more than " +
                  std::to_string(limit));
  }
  std::string result(entry.size, '\0');
  read(entry, result.data());
  return result;
}

}  // namespace nadir
