// Reading ZIP archives (APPNOTE 6.3.10): stored and deflated entries, ZIP64. Not encrypted ones, nor those of
// several volumes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weights/byte_file.h"

namespace nadir {

struct ZipEntry {
  std::string name;
  std::uint64_t header = 0;  // offset of the local header
  std::uint64_t stored = 0;  // bytes in the file
  std::uint64_t size = 0;    // bytes when unpacked
  std::uint32_t crc = 0;     // CRC-32 of the contents; 0: not computed (PyTorch can leave it out)
  bool deflated = false;
};

class ZipArchive {
 public:
  // Reads the directory alone. Throws ModelError naming the file and what is wrong: no archive, cut short,
  // entries that overlap or claim more than deflate can unpack from their bytes.
  explicit ZipArchive(std::shared_ptr<const ByteFile> file);
  static bool is_zip(const ByteFile& file);

  const ByteFile& file() const { return *file_; }
  const std::vector<ZipEntry>& entries() const { return entries_; }
  const ZipEntry* find(std::string_view name) const;  // nullptr when there is none
  // Unpacks an entry to `to`, which has room for entry.size bytes. Throws ModelError.
  void read(const ZipEntry& entry, char* to) const;
  // A whole entry; ModelError when it is larger than `limit` bytes.
  std::string text(const ZipEntry& entry, std::uint64_t limit) const;

 private:
  std::uint64_t data_offset(const ZipEntry& entry) const;
  void inflate_entry(const ZipEntry& entry, std::uint64_t offset, char* to) const;

  std::shared_ptr<const ByteFile> file_;
  std::vector<ZipEntry> entries_;
};

}  // namespace nadir
