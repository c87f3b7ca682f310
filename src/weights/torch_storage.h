// Storages: the rows of numbers behind a checkpoint's tensors, and the tensors that a pickle describes on
// them.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weights/byte_file.h"
#include "weights/pickle.h"

namespace nadir {

// Where the bytes of a checkpoint's storages are.
class StorageReader {
 public:
  virtual ~StorageReader() = default;
  virtual const ByteFile& file() const = 0;
  // Of storage `key`; throws ModelError where there is none.
  virtual std::uint64_t size(const std::string& key) const = 0;  // bytes
  virtual void read(const std::string& key, char* to) const = 0;
  virtual bool big_endian() const { return false; }
};

struct StorageRef {
  std::string key;
  torch::ScalarType type = torch::kFloat32;  // kByte for untyped ones
  std::int64_t begin = 0;                    // elements; old files have views of storages
  std::int64_t size = 0;                     // elements
};

// A tensor as a checkpoint describes it, checked against its storage.
struct TensorRef {
  StorageRef storage;
  std::int64_t offset = 0;  // elements
  std::vector<std::int64_t> shape, strides;
};

// "FloatStorage"; "" for a type that has none.
std::string storage_name(torch::ScalarType type);
// Whether a checkpoint's pickle may name it.
bool is_torch_global(std::string_view name);

class StorageTable {
 public:
  explicit StorageTable(std::shared_ptr<const StorageReader> reader) : reader_(std::move(reader)) {}

  static bool is_tensor(const PickleValue& value);
  // The storage that a persistent tuple names. Throws ModelError.
  StorageRef storage(const PickleValue& persistent) const;
  // The tensor of a value for which is_tensor holds. Throws ModelError: impossible shape, outside its
  // storage, a storage that is not there or of another size.
  TensorRef tensor(const PickleValue& value) const;
  // Shares memory with the other tensors of its storage.
  torch::Tensor read(const TensorRef& ref);

 private:
  void check(const TensorRef& ref) const;
  torch::Tensor load(const StorageRef& ref);

  std::shared_ptr<const StorageReader> reader_;
  std::map<std::pair<std::string, torch::ScalarType>, torch::Tensor> loaded_;
};

}  // namespace nadir
