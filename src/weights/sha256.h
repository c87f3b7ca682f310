// SHA-256 (FIPS 180-4): the hash that published files of weights carry in their names.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace nadir {

class Sha256 {
 public:
  void add(std::string_view bytes);
  std::string hex();  // 64 digits; nothing can be added afterwards

 private:
  void block(const unsigned char* bytes);

  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<unsigned char, 64> waiting_{};
  std::uint64_t size_ = 0;  // bytes so far
};

// Of a file's contents. Throws ModelError when it cannot be read.
std::string sha256_of_file(const std::filesystem::path& file);

}  // namespace nadir
