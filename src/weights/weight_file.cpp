#include "weights/weight_file.h"

#include "nadir/model_file.h"
#include "weights/keras_file.h"
#include "weights/torch_file.h"
#include "weights/zip_archive.h"

namespace nadir {
namespace {

bool begins_with(const ByteFile& file, std::string_view bytes, std::uint64_t at = 0) {
  return file.holds(at, bytes.size()) && file.text(at, bytes.size()) == bytes;
}

// 8 bytes of length, of which the upper four are zero, and a JSON object.
bool is_safetensors(const ByteFile& file) { return begins_with(file, std::string_view("\0\0\0\0{", 5), 4); }

WeightFile read_plain(const ByteFile& file) {
  SafeTensors contents = read_safetensors(file.path());
  WeightGroup group;
  for (auto& [name, tensor] : contents.tensors) {
    group.entries.push_back(
        {name, tensor.scalar_type(), tensor.sizes().vec(), [kept = tensor] { return kept; }});
  }
  return {"safetensors", {std::move(group)}};
}

// The PyTorch file that an archive holds, as Python's packages (.whl) do; nullptr unless it is the only one.
const ZipEntry* packed_torch_file(const ZipArchive& archive) {
  const ZipEntry* found = nullptr;
  for (const ZipEntry& each : archive.entries()) {
    if (each.name.ends_with("/data.pkl")) return nullptr;  // PyTorch's own archive
    const bool is_torch =
        each.name.ends_with(".pth") || each.name.ends_with(".pt") || each.name.ends_with(".bin");
    if (is_torch && found != nullptr) return nullptr;
    if (is_torch) found = &each;
  }
  return found;
}

WeightFile read_packed(const ZipArchive& archive, const ZipEntry& entry) {
  constexpr std::uint64_t kLargest = std::uint64_t{4} << 30;  // bytes, unpacked
  const auto file =
      std::make_shared<const ByteFile>(archive.file().path() / entry.name, archive.text(entry, kLargest));
  if (ZipArchive::is_zip(*file)) return read_torch_zip(file);
  if (is_torch_legacy(*file)) return read_torch_legacy(file);
  file->refuse("is no file of weights in PyTorch's format");
}

WeightFile read_zip(const std::shared_ptr<const ByteFile>& file) {
  const ZipArchive archive(file);
  if (const ZipEntry* packed = packed_torch_file(archive)) return read_packed(archive, *packed);
  return is_keras_zip(archive) ? read_keras_zip(archive, file) : read_torch_zip(file);
}

}  // namespace

WeightFile open_weights(const std::filesystem::path& path) {
  const auto file = std::make_shared<const ByteFile>(path);
  if (file->size() == 0) file->refuse("is empty");
  if (is_safetensors(*file)) return read_plain(*file);
  if (ZipArchive::is_zip(*file)) return read_zip(file);
  if (begins_with(*file, "\x89HDF\r\n\x1a\n")) return read_keras_h5(file);
  if (is_torch_legacy(*file)) return read_torch_legacy(file);
  if (begins_with(*file, "ustar", 257))
    file->refuse("is a tar archive: PyTorch's format before 0.1.10, which nadir does not read");
  if (begins_with(*file, "\x80")) {
    file->refuse("is a bare Python pickle, not what torch.save writes; save it with torch.save");
  }
  file->refuse(
      "is no file of weights that nadir reads: .safetensors, PyTorch's .pth, .pt and .bin, Keras's .h5 and "
      ".keras");
}

}  // namespace nadir
