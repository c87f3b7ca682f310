// Small HDF5 files for tests, of groups, texts as attributes and float32 arrays that count up from 0; in the
// form of HDF5's oldest object headers, which h5py and Keras read too.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nadir {

struct Hdf5Node {
  std::map<std::string, std::string> text;                // attributes of any length, scalars
  std::map<std::string, std::vector<std::string>> texts;  // attributes of a fixed length, lists
  std::optional<std::vector<std::uint64_t>> shape;        // of an array; a group has none
  std::map<std::string, Hdf5Node> children;

  // The node below this one, made with the groups above it where it is missing; "" and "/" are this one.
  Hdf5Node& at(const std::string& path);
};

// The whole file. Attributes beyond a header message's 64 KB are left out.
std::string write_hdf5(const Hdf5Node& root);

}  // namespace nadir
