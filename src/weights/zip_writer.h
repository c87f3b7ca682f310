// Writing ZIP archives of stored entries, ZIP64 where sizes ask for it.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace nadir {

class ZipWriter {
 public:
  // Contents begin at multiples of `alignment` bytes, so that they can be mapped into memory as they are.
  // Sizes and offsets from `zip64_from` on are written as 64 bits.
  explicit ZipWriter(std::ostream& stream, std::uint64_t alignment = 64,
                     std::uint64_t zip64_from = 0xffffffff)
      : stream_(stream), alignment_(alignment), zip64_from_(zip64_from) {}

  void add(const std::string& name, const void* data, std::uint64_t size);
  void add(const std::string& name, std::string_view text) { add(name, text.data(), text.size()); }
  // Writes the directory. Whether all went well is the stream's state.
  void finish();

 private:
  struct Entry {
    std::string name;
    std::uint64_t offset = 0, size = 0;
    std::uint32_t crc = 0;
  };
  std::string local_header(const Entry& entry) const;
  std::string directory_entry(const Entry& entry) const;
  void write(std::string_view bytes);

  std::ostream& stream_;
  std::uint64_t alignment_, zip64_from_;
  std::uint64_t written_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace nadir
