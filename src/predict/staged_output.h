// A product under a temporary name beside its own until everything is made.
#pragma once

#include <filesystem>

#include "core/temporary.h"

namespace nadir {

class StagedOutput {
 public:
  // Throws DataError when the target's folder cannot be written.
  explicit StagedOutput(const std::filesystem::path& target);
  ~StagedOutput();
  StagedOutput(const StagedOutput&) = delete;
  StagedOutput& operator=(const StagedOutput&) = delete;

  const std::filesystem::path& path() const { return temporary_.path(); }
  // Gives the product its name, and its side-car file (names of classes) with it; those of an older product
  // go.
  void commit();

 private:
  std::filesystem::path target_;
  TemporaryFile temporary_;
  std::filesystem::path side_car_;
};

}  // namespace nadir
