// HDF5 files (https://docs.hdfgroup.org/hdf5/), as far as h5py writes them for Keras: groups, attributes of
// texts, arrays of numbers, whole or in chunks, plain or packed by deflate and shuffle. Read by code of
// nadir's own, which checks each offset and size against the file: HDF5's library crashes on damaged files.
#pragma once

#include <torch/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "weights/hdf5/bytes.h"
#include "weights/hdf5/tree.h"

namespace nadir {

// The tree of groups is read at once, texts and arrays when they are asked for. Everything throws ModelError
// naming file and path. Links to other files are left out; arrays that keep their numbers in other files are
// refused. For one thread at a time.
class Hdf5File {
 public:
  struct Array {
    torch::ScalarType type = torch::kFloat32;
    std::vector<std::int64_t> shape;
  };

  explicit Hdf5File(hdf5::Bytes bytes);

  // Paths have slashes between names; "" is the root.
  bool exists(const std::string& path) const { return find(path) != nullptr; }
  bool is_group(const std::string& path) const;
  std::vector<std::string> children(const std::string& group) const;  // in alphabetical order
  // The texts of an attribute, one for a scalar; empty when there is none, or one of numbers.
  std::vector<std::string> attribute(const std::string& path, const std::string& name) const;
  // Checked: what it claims to hold can be in the file.
  Array array(const std::string& path) const;
  torch::Tensor read(const std::string& path) const;

 private:
  struct Stored;  // an array and where it is

  const hdf5::Object* find(const std::string& path) const;
  Stored stored(const std::string& path) const;

  hdf5::Bytes bytes_;
  std::unique_ptr<hdf5::Object> root_;
};

}  // namespace nadir
