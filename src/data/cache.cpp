#include "data/cache.h"

#include <charconv>

#include "core/text.h"
#include "nadir/model_file.h"

namespace nadir {
namespace {

std::int64_t bytes_of(const Sample& sample) {
  std::int64_t bytes = 0;
  for (const torch::Tensor* each : {&sample.image, &sample.target, &sample.valid}) {
    if (each->defined()) bytes += static_cast<std::int64_t>(each->nbytes());
  }
  return bytes;
}

std::string hash_of(const std::string& text) {  // FNV-1a, twice with different starts: 128 bits
  std::string name;
  for (std::uint64_t h : {0xcbf29ce484222325U, 0x9ae16a3b2f90404fU}) {
    for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    for (int shift = 60; shift >= 0; shift -= 4) name += "0123456789abcdef"[(h >> shift) & 15];
  }
  return name;
}

}  // namespace

std::optional<Sample> MemoryCache::find(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = samples_.find(key);
  return found == samples_.end() ? std::nullopt : std::optional(found->second);
}

void MemoryCache::keep(const std::string& key, const Sample& sample) {
  const std::int64_t size = bytes_of(sample);
  const std::lock_guard lock(mutex_);
  full_ = full_ || bytes_ + size > budget_;
  if (bytes_ + size > budget_ || !samples_.emplace(key, sample).second) return;
  bytes_ += size;
}

bool MemoryCache::full() const {
  const std::lock_guard lock(mutex_);
  return full_;
}

std::int64_t MemoryCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

DiskCache::DiskCache(std::filesystem::path folder) : folder_(std::move(folder)) {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) throw DataError(folder_.string() + ": the cache's folder cannot be made: " + error.message());
}

std::filesystem::path DiskCache::file_of(const std::string& key) const {
  return folder_ / (hash_of(key) + ".safetensors");
}

std::optional<Sample> DiskCache::find(const std::string& key) const {
  const std::filesystem::path file = file_of(key);
  if (!std::filesystem::exists(file)) return std::nullopt;
  try {
    const SafeTensors stored = read_safetensors(file);
    if (stored.metadata.at("key") != key) return std::nullopt;
    Sample sample;
    sample.id = stored.metadata.at("id");
    for (const auto& [name, tensor] : stored.tensors) {
      (name == "image" ? sample.image : name == "target" ? sample.target : sample.valid) = tensor;
    }
    if (sample.image.defined()) return sample;
  } catch (const Error&) {              // damaged: the source has it still
  } catch (const std::out_of_range&) {  // no file of ours
  }
  return std::nullopt;
}

void DiskCache::keep(const std::string& key, const Sample& sample) const {
  SafeTensors contents;
  contents.metadata = {{"key", key}, {"id", sample.id}};
  contents.tensors.emplace_back("image", sample.image);
  if (sample.target.defined()) contents.tensors.emplace_back("target", sample.target);
  if (sample.valid.defined()) contents.tensors.emplace_back("valid", sample.valid);
  write_safetensors(file_of(key), contents);
}

}  // namespace nadir
