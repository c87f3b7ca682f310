// A safetensors file written tensor by tensor, for contents that do not fit in memory.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "core/temporary.h"
#include "nadir/model_file.h"

namespace nadir {

class SafeTensorsWriter {
 public:
  // The header stands before the data, so that room is left for it: `names` are those that tensors may have.
  // Throws DataError when the folder cannot be written, and for more names than a header may hold.
  SafeTensorsWriter(const std::filesystem::path& file, std::map<std::string, std::string> metadata,
                    const std::vector<std::string>& names);

  // Under one of the names. Made contiguous and moved to the CPU. Throws DataError (disk full).
  void add(const std::string& name, const torch::Tensor& tensor);
  // Writes header and checksum, syncs, renames. The size of the file, bytes.
  std::int64_t finish();

 private:
  struct Entry {
    std::string name;
    torch::ScalarType type;
    std::vector<std::int64_t> shape;
    std::int64_t begin, end;
  };
  std::string header() const;
  void check_written();

  std::filesystem::path file_;
  TemporaryFile temporary_;
  std::map<std::string, std::string> metadata_;
  std::size_t room_;  // bytes of the header
  std::vector<Entry> entries_;
  std::int64_t offset_ = 0;
  std::fstream stream_;
};

}  // namespace nadir
