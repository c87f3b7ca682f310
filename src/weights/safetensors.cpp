#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/text.h"
#include "nadir/model_file.h"
#include "weights/mapped_file.h"
#include "weights/mapped_safetensors.h"
#include "weights/safetensors_format.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;
using namespace safetensors;  // the layout
using Json = nlohmann::ordered_json;

constexpr std::int64_t kLargestHeader = 100'000'000;  // the reference implementation's limit

struct Entry {
  std::string name;
  torch::ScalarType type = torch::kFloat32;
  std::vector<std::int64_t> shape;
  std::int64_t begin = 0, end = 0;  // in the data
};

struct Header {
  std::string text;
  std::vector<Entry> entries;  // by place in the data
  std::map<std::string, std::string> metadata;
  std::int64_t data_begin = 0;  // in the file
};

[[noreturn]] void refuse(const fs::path& file, const std::string& why) {
  throw ModelError(file.string() + ": not a whole safetensors file: " + why);
}

Entry parse_entry(const fs::path& file, const std::string& name, const Json& json) {
  Entry entry;
  entry.name = name;
  try {
    const auto type = json.at("dtype").get<std::string>();
    const auto known =
        std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeName& t) { return type == t.name; });
    if (known == kTypes.end()) refuse(file, "tensor '" + name + "' has the unknown type " + type);
    entry.type = known->type;
    entry.shape = json.at("shape").get<std::vector<std::int64_t>>();
    const auto offsets = json.at("data_offsets").get<std::vector<std::int64_t>>();
    if (offsets.size() != 2) refuse(file, "tensor '" + name + "' has no two offsets");
    entry.begin = offsets[0];
    entry.end = offsets[1];
  } catch (const nlohmann::json::exception& error) {
    refuse(file, "the header's entry for tensor '" + name + "': " + error.what());
  }
  return entry;
}

// Bytes that the shape asks for; refuses negative sizes and overflow.
std::int64_t byte_count(const fs::path& file, const Entry& entry) {
  auto bytes = static_cast<std::int64_t>(c10::elementSize(entry.type));
  for (const std::int64_t size : entry.shape) {
    if (size < 0 || __builtin_mul_overflow(bytes, size, &bytes)) {
      refuse(file, "tensor '" + entry.name + "' has an impossible shape");
    }
  }
  return bytes;
}

void check_layout(const fs::path& file, const Header& header, std::int64_t data_size) {
  std::int64_t expected = 0;
  for (const Entry& entry : header.entries) {
    if (entry.begin != expected || entry.end < entry.begin) {
      refuse(file, "tensor '" + entry.name + "' begins at byte " + std::to_string(entry.begin) + ", not at " +
                       std::to_string(expected) + ": tensors overlap or leave a gap");
    }
    if (entry.end - entry.begin != byte_count(file, entry)) {
      refuse(file, "tensor '" + entry.name + "' has " + std::to_string(entry.end - entry.begin) +
                       " bytes, its shape asks for " + std::to_string(byte_count(file, entry)));
    }
    expected = entry.end;
  }
  if (expected != data_size) {
    refuse(file, "its header describes " + std::to_string(expected) + " bytes of tensors, the file holds " +
                     std::to_string(data_size) + (data_size < expected ? " (cut short?)" : ""));
  }
}

void parse_header(const fs::path& file, Header& header) {
  Json json;
  try {
    json = Json::parse(header.text);
  } catch (const nlohmann::json::exception& error) {
    refuse(file, std::string("its header is not JSON: ") + error.what());
  }
  if (!json.is_object()) refuse(file, "its header is not a JSON object");
  for (const auto& [name, value] : json.items()) {
    if (name != "__metadata__") {
      header.entries.push_back(parse_entry(file, name, value));
      continue;
    }
    if (!value.is_object()) refuse(file, "its __metadata__ is not a JSON object");
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) refuse(file, "metadata '" + key + "' is not a text");
      header.metadata[key] = text.get<std::string>();
    }
  }
  std::stable_sort(header.entries.begin(), header.entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
}

Header read_header(const fs::path& file, std::ifstream& stream) {
  if (!fs::exists(file)) throw ModelError(file.string() + ": there is no such file");
  stream.open(file, std::ios::binary);
  if (!stream || fs::is_directory(file)) throw ModelError(file.string() + ": cannot be read");
  const auto size = static_cast<std::int64_t>(fs::file_size(file));
  std::uint64_t length = 0;
  if (size < 8 || !stream.read(reinterpret_cast<char*>(&length), 8))
    refuse(file, "it is shorter than 8 bytes");
  if (length > static_cast<std::uint64_t>(kLargestHeader)) {
    refuse(file, "its header would have " + std::to_string(length) + " bytes; not safetensors, or altered");
  }
  if (static_cast<std::int64_t>(length) > size - 8) {
    refuse(file, "its header has " + std::to_string(length) + " bytes, the file " + std::to_string(size) +
                     " (cut short?)");
  }
  Header header;
  header.text.resize(length);
  if (!stream.read(header.text.data(), static_cast<std::streamsize>(length)))
    refuse(file, "its header ends early");
  header.data_begin = 8 + static_cast<std::int64_t>(length);
  parse_header(file, header);
  check_layout(file, header, size - header.data_begin);
  return header;
}

// Whether the file carries nadir's checksum; refuses one that does not fit.
bool verify(const fs::path& file, const Header& header, const Checksum& sum) {
  const auto stored = header.metadata.find(kChecksumKey);
  if (stored == header.metadata.end()) return false;
  if (stored->second != sum.hex()) {
    throw ModelError(file.string() + ": the file was altered: its checksum is " + sum.hex() +
                     ", and it says " + stored->second + "; copy it again from where it came from");
  }
  return true;
}

std::string make_header(const NamedTensors& tensors, const std::map<std::string, std::string>& metadata) {
  Json json = Json::object();
  Json& texts = json["__metadata__"] = Json::object();
  for (const auto& [key, text] : metadata) texts[key] = text;
  texts[kChecksumKey] = std::string(16, '0');
  std::int64_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    if (name == "__metadata__" || json.contains(name)) {
      throw std::logic_error("two tensors of one safetensors file are called '" + name + "'");
    }
    const auto bytes = static_cast<std::int64_t>(tensor.nbytes());
    json[name] = {{"dtype", type_name(tensor.scalar_type())},
                  {"shape", tensor.sizes().vec()},
                  {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }
  std::string text = json.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

NamedTensors plain_tensors(const NamedTensors& tensors) {
  NamedTensors plain;
  for (const auto& [name, tensor] : tensors) plain.emplace_back(name, tensor.detach().cpu().contiguous());
  return plain;
}

}  // namespace

void write_safetensors(const fs::path& file, const SafeTensors& contents) {
  const NamedTensors tensors = plain_tensors(contents.tensors);
  std::string header = make_header(tensors, contents.metadata);
  Checksum sum = header_checksum(header);
  for (const auto& [name, tensor] : tensors) sum.add(tensor.const_data_ptr(), tensor.nbytes());
  header.replace(checksum_place(header), 16, sum.hex());

  write_file_atomically(file, [&](const fs::path& temporary) {
    std::ofstream stream(temporary, std::ios::binary);
    const std::uint64_t length = header.size();
    stream.write(reinterpret_cast<const char*>(&length), 8);
    stream.write(header.data(), static_cast<std::streamsize>(header.size()));
    std::int64_t bytes = 8 + static_cast<std::int64_t>(header.size());
    for (const auto& [name, tensor] : tensors) {
      stream.write(static_cast<const char*>(tensor.const_data_ptr()),
                   static_cast<std::streamsize>(tensor.nbytes()));
      bytes += static_cast<std::int64_t>(tensor.nbytes());
    }
    if (!stream.flush()) {
      throw DataError(file.string() + ": " + human_bytes(bytes) +
                      " could not be written (disk full?); a file that was there before is unchanged");
    }
  });
}

SafeTensors read_safetensors(const fs::path& file) {
  std::ifstream stream;
  Header header = read_header(file, stream);
  Checksum sum = header_checksum(header.text);
  SafeTensors contents;
  for (const Entry& entry : header.entries) {
    torch::Tensor tensor = torch::empty(entry.shape, entry.type);
    if (!stream.read(static_cast<char*>(tensor.mutable_data_ptr()), entry.end - entry.begin)) {
      refuse(file, "tensor '" + entry.name + "' cannot be read");
    }
    sum.add(tensor.const_data_ptr(), tensor.nbytes());
    contents.tensors.emplace_back(entry.name, std::move(tensor));
  }
  contents.verified = verify(file, header, sum);
  header.metadata.erase(kChecksumKey);
  contents.metadata = std::move(header.metadata);
  return contents;
}

SafeTensors map_safetensors(const fs::path& file) {
  std::ifstream stream;
  Header header = read_header(file, stream);
  const auto pages = std::make_shared<MappedFile>(file);
  const std::int64_t bytes = header.entries.empty() ? 0 : header.entries.back().end;
  if (pages->size() != header.data_begin + bytes) refuse(file, "it changed while it was read");
  SafeTensors contents;
  for (const Entry& entry : header.entries) {
    char* place = pages->data() + header.data_begin + entry.begin;
    const bool aligned = reinterpret_cast<std::uintptr_t>(place) % c10::elementSize(entry.type) == 0;
    torch::Tensor tensor = torch::empty(entry.shape, entry.type);
    if (aligned && tensor.nbytes() > 0) {
      tensor = torch::from_blob(
          place, entry.shape, [pages](void*) {}, entry.type);
    } else if (tensor.nbytes() > 0) {
      std::memcpy(tensor.mutable_data_ptr(), place, tensor.nbytes());
    }
    contents.tensors.emplace_back(entry.name, std::move(tensor));
  }
  if (header.metadata.contains(kChecksumKey)) {
    Checksum sum = header_checksum(header.text);
    for (const auto& [name, tensor] : contents.tensors) sum.add(tensor.const_data_ptr(), tensor.nbytes());
    contents.verified = verify(file, header, sum);
  }
  header.metadata.erase(kChecksumKey);
  contents.metadata = std::move(header.metadata);
  return contents;
}

std::map<std::string, std::string> read_safetensors_metadata(const fs::path& file) {
  std::ifstream stream;
  Header header = read_header(file, stream);
  header.metadata.erase(kChecksumKey);
  return std::move(header.metadata);
}

}  // namespace nadir
