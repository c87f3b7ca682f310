// Where decoded samples are kept between epochs.
#pragma once

#include <mutex>
#include <optional>
#include <unordered_map>

#include "nadir/data.h"

namespace nadir {

// Samples in memory up to a budget. What came first stays; nothing is put out for what comes later. Tensors
// are shared with those who ask: nobody writes to them.
class MemoryCache {
 public:
  explicit MemoryCache(std::int64_t budget) : budget_(budget) {}
  std::optional<Sample> find(const std::string& key) const;
  // Keeps the sample if it still fits; its image, target and valid mask count.
  void keep(const std::string& key, const Sample& sample);
  std::int64_t bytes() const;
  bool full() const;  // whether something did not fit

 private:
  const std::int64_t budget_;
  mutable std::mutex mutex_;
  std::int64_t bytes_ = 0;
  bool full_ = false;
  std::unordered_map<std::string, Sample> samples_;
};

// Samples as safetensors files in a folder, each under a hash of its key and with the whole key inside.
class DiskCache {
 public:
  // Makes the folder. Throws DataError.
  explicit DiskCache(std::filesystem::path folder);
  // Nothing for a key that is not there, for another key of the same hash and for a file that is damaged.
  std::optional<Sample> find(const std::string& key) const;
  // Atomic, so that threads and processes may share the folder. Throws DataError (disk full, not writable).
  void keep(const std::string& key, const Sample& sample) const;
  std::filesystem::path file_of(const std::string& key) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace nadir
