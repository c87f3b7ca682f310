#include "weights/safetensors_writer.h"

#include <nlohmann/json.hpp>

#include "core/text.h"
#include "weights/safetensors_format.h"

namespace nadir {
namespace {

constexpr std::size_t kEntryBytes = 200;              // beside the name: type, up to five sides, offsets
constexpr std::size_t kMostRoom = 100'000'000;        // the reference implementation reads no longer header
constexpr std::size_t kPiece = std::size_t{1} << 20;  // bytes read back at a time; a multiple of 8

std::size_t json_size(const std::string& text) { return nlohmann::json(text).dump().size(); }

std::size_t header_room(const std::map<std::string, std::string>& metadata,
                        const std::vector<std::string>& names) {
  std::size_t room = 1024;
  for (const auto& [key, text] : metadata) room += json_size(key) + json_size(text) + 2;
  for (const std::string& name : names) room += json_size(name) + kEntryBytes;
  return (room + 7) / 8 * 8;
}

}  // namespace

SafeTensorsWriter::SafeTensorsWriter(const std::filesystem::path& file,
                                     std::map<std::string, std::string> metadata,
                                     const std::vector<std::string>& names)
    : file_(file),
      temporary_(file),
      metadata_(std::move(metadata)),
      room_(header_room(metadata_, names)),
      stream_(temporary_.path(), std::ios::binary | std::ios::in | std::ios::out | std::ios::trunc) {
  if (room_ > kMostRoom) {
    throw DataError(file.string() + ": " + with_thousands(static_cast<std::int64_t>(names.size())) +
                    " tensors are too many for one file; write fewer and larger ones");
  }
  stream_.seekp(static_cast<std::streamoff>(8 + room_));
  check_written();
}

void SafeTensorsWriter::check_written() {
  if (stream_) return;
  throw DataError(file_.string() + ": " + human_bytes(static_cast<std::int64_t>(8 + room_) + offset_) +
                  " could not be written (disk full?); a file that was there before is unchanged");
}

void SafeTensorsWriter::add(const std::string& name, const torch::Tensor& tensor) {
  const torch::Tensor plain = tensor.detach().cpu().contiguous();
  const auto bytes = static_cast<std::int64_t>(plain.nbytes());
  entries_.push_back({name, plain.scalar_type(), plain.sizes().vec(), offset_, offset_ + bytes});
  stream_.write(static_cast<const char*>(plain.const_data_ptr()), static_cast<std::streamsize>(bytes));
  offset_ += bytes;
  check_written();
}

std::string SafeTensorsWriter::header() const {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  auto& texts = json["__metadata__"] = nlohmann::ordered_json::object();
  for (const auto& [key, text] : metadata_) texts[key] = text;
  texts[safetensors::kChecksumKey] = std::string(16, '0');
  for (const Entry& entry : entries_) {
    if (entry.name == "__metadata__" || json.contains(entry.name)) {
      throw std::logic_error("two tensors of one safetensors file are called '" + entry.name + "'");
    }
    json[entry.name] = {{"dtype", safetensors::type_name(entry.type)},
                        {"shape", entry.shape},
                        {"data_offsets", {entry.begin, entry.end}}};
  }
  std::string text = json.dump();
  if (text.size() > room_) throw std::logic_error("too little room was left for a safetensors header");
  text.append(room_ - text.size(), ' ');
  return text;
}

std::int64_t SafeTensorsWriter::finish() {
  std::string text = header();
  // The checksum runs over the header first, which is known last: the data are read back.
  Checksum sum = safetensors::header_checksum(text);
  stream_.flush();
  check_written();
  stream_.seekg(static_cast<std::streamoff>(8 + room_));
  std::vector<char> piece(kPiece);
  for (const Entry& entry : entries_) {
    for (std::int64_t at = entry.begin; at < entry.end; at += static_cast<std::int64_t>(kPiece)) {
      const auto size = std::min(static_cast<std::int64_t>(kPiece), entry.end - at);
      stream_.read(piece.data(), size);
      sum.add(piece.data(), static_cast<std::size_t>(size));
    }
  }
  check_written();
  text.replace(safetensors::checksum_place(text), 16, sum.hex());
  const std::uint64_t length = text.size();
  stream_.seekp(0);
  stream_.write(reinterpret_cast<const char*>(&length), 8);
  stream_.write(text.data(), static_cast<std::streamsize>(text.size()));
  stream_.flush();
  check_written();
  stream_.close();
  temporary_.commit();
  return static_cast<std::int64_t>(8 + room_) + offset_;
}

}  // namespace nadir
