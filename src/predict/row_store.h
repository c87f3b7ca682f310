// Finished pixels of a map in files of their own, in any order, so that work can be split and gone on with.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "predict/products.h"

namespace nadir {

// How far a part of the work is, as its done file says; nothing where that says nothing.
std::optional<std::int64_t> last_mark(const std::filesystem::path& done_file);

// A work folder: plan.json says what it is for, level files hold the pixels of each product as they are (row
// by row, in a row band by band), done files how far each part of the work is. A done file is only added to,
// after the pixels that it speaks of were stored: a process may be killed at any time. Several processes may
// share the folder as long as their parts differ.
class RowStore {
 public:
  // plan: whatever the pixels depend on. With `go_on`, a folder of the same plan keeps what it has. Throws
  // ConfigError for one of another plan then, DataError when it cannot be written.
  RowStore(std::filesystem::path folder, const std::vector<Product>& products, const std::string& plan,
           bool go_on);
  ~RowStore();
  RowStore(const RowStore&) = delete;
  RowStore& operator=(const RowStore&) = delete;

  // levels: as LevelMaker makes them, of this row and column of the map on.
  void put(std::int64_t row, std::int64_t column, const Levels& levels);
  // The rows of `part` above `bottom` are there. Not every mark is stored at once; the last of a part is.
  void mark(const std::string& part, std::int64_t bottom, bool last);
  // What was marked last; `first` when nothing was.
  std::int64_t marked(const std::string& part, std::int64_t first) const;

  Levels read(const Window& window) const;
  void remove();  // the folder

 private:
  struct File {
    RasterLayout layout;
    int descriptor = -1;
  };
  void open(const std::vector<Product>& products);
  [[noreturn]] void fail(const std::string& what) const;

  std::filesystem::path folder_;
  std::vector<File> files_;
  std::chrono::steady_clock::time_point last_mark_ = {};
};

}  // namespace nadir
