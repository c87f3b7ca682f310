// HDF5 files (https://docs.hdfgroup.org/hdf5/), as far as Keras uses them: groups, attributes of texts,
// arrays of numbers. Built with NADIR_HDF5.
#pragma once

#include <torch/types.h>

#include <memory>
#include <string>
#include <vector>

#include "weights/byte_file.h"

namespace nadir {

// Threads may share one: the library below is locked. Everything throws ModelError naming file and path.
// Links to other files, and arrays that keep their numbers in other files, are refused.
class Hdf5File {
 public:
  struct Array {
    torch::ScalarType type = torch::kFloat32;
    std::vector<std::int64_t> shape;
  };

  explicit Hdf5File(std::shared_ptr<const ByteFile> file);
  // An HDF5 file that lies in memory, unpacked from `file`.
  Hdf5File(std::shared_ptr<const ByteFile> file, const std::string& image);
  ~Hdf5File();
  Hdf5File(const Hdf5File&) = delete;
  Hdf5File& operator=(const Hdf5File&) = delete;

  bool exists(const std::string& path) const;
  bool is_group(const std::string& path) const;
  std::vector<std::string> children(const std::string& group) const;  // in alphabetical order
  // The texts of an attribute, one for a scalar; empty when there is none.
  std::vector<std::string> attribute(const std::string& path, const std::string& name) const;
  // Checked: what it claims to hold can be in the file.
  Array array(const std::string& path) const;
  torch::Tensor read(const std::string& path) const;

 private:
  std::shared_ptr<const ByteFile> file_;
  std::int64_t id_ = -1;
  std::uint64_t size_ = 0;  // bytes of the HDF5 file
};

}  // namespace nadir
