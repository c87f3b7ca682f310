// Arrays that lie in the file in pieces, each packed by itself.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "weights/hdf5/messages.h"

namespace nadir::hdf5 {

struct Chunk {
  std::vector<std::uint64_t> offset;  // of its first element in the array
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;    // in the file
  std::uint64_t skipped = 0;  // bit i: the i-th filter was not applied
};

// An array's chunks, all of them and each once. Checked before memory is asked for: they cover the array, and
// their bytes in the file can hold it. Throws ModelError with `what`.
std::vector<Chunk> read_chunks(const Bytes& file, const Layout& layout, const Shape& shape, const Type& type,
                               const std::vector<Filter>& filters, const std::string& what);

// bytes: [sides…, bytes of an element] uint8, which is filled.
void read_chunked(const Bytes& file, const std::vector<Chunk>& chunks, const Layout& layout,
                  const std::vector<Filter>& filters, torch::Tensor bytes, const std::string& what);

}  // namespace nadir::hdf5
