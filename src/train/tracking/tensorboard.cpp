#include "train/tracking/tensorboard.h"

#include <unistd.h>

#include <array>

#include "nadir/error.h"

namespace nadir {
namespace {

std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0x82f63b78U : 0U);
    table[i] = crc;
  }
  return table;
}

template <class Number>
std::string little_endian(Number number) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof(Number); ++i) bytes += static_cast<char>((number >> (8 * i)) & 0xffU);
  return bytes;
}

std::string masked_crc(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return little_endian<std::uint32_t>(((crc >> 15) | (crc << 17)) + 0xa282ead8U);
}

std::string host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == 0) return "localhost";
  return name.data();
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static const std::array<std::uint32_t, 256> kTable = make_crc_table();
  std::uint32_t crc = 0xffffffffU;
  for (const char byte : bytes) crc = kTable[(crc ^ static_cast<std::uint8_t>(byte)) & 0xffU] ^ (crc >> 8);
  return crc ^ 0xffffffffU;
}

std::string tfrecord(std::string_view data) {
  const std::string length = little_endian<std::uint64_t>(data.size());
  return length + masked_crc(length) + std::string(data) + masked_crc(data);
}

void TensorBoard::begin(const RunFacts& facts) {
  std::filesystem::create_directories(folder_);
  path_ = folder_ / ("events.out.tfevents." + std::to_string(static_cast<std::int64_t>(facts.time)) + "." +
                     host_name() + "." + std::to_string(getpid()) + ".nadir");
  file_.close();
  file_.clear();
  file_.open(path_, std::ios::binary | std::ios::trunc);
  write(version_event(facts.time));
  if (facts.resumed) write(restart_event(facts.time, facts.step + 1));
  write(settings_event(facts));
}

void TensorBoard::scalars(std::int64_t step, double time,
                          const std::vector<std::pair<std::string, double>>& values) {
  write(scalars_event(time, step, values));
}

void TensorBoard::picture(std::int64_t step, double time, const std::string& tag, const std::string& png) {
  write(picture_event(time, step, tag, png));
}

void TensorBoard::end(RunEnd how, std::int64_t step, double time) { write(end_event(time, step, how)); }

void TensorBoard::write(const std::string& event) {
  file_ << tfrecord(event) << std::flush;
  if (!file_) {
    throw DataError(path_.string() + ": cannot be written; is the disk full, or the folder not writable?");
  }
}

}  // namespace nadir
