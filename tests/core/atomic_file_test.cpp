#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "nadir/runtime.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(AtomicFileTest, WritesAndReplaces) {
  const TemporaryFolder folder;
  const fs::path file = folder / "a" / "b.txt";
  write_file_atomically(file, "one");
  write_file_atomically(file, "two");
  EXPECT_EQ(read(file), "two");
  EXPECT_EQ(std::distance(fs::directory_iterator(file.parent_path()), {}), 1);
}

TEST(AtomicFileTest, AFailedWriteLeavesTheOldFileAndNothingElse) {
  const TemporaryFolder folder;
  const fs::path file = folder / "b.txt";
  write_file_atomically(file, "one");
  EXPECT_THROW(write_file_atomically(file,
                                     [](const fs::path& temporary) {
                                       std::ofstream(temporary) << "half";
                                       throw DataError("disk full");
                                     }),
               DataError);
  EXPECT_EQ(read(file), "one");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);
}

TEST(AtomicFileTest, AFullDiskIsNamed) {
  // /dev/full fails every write; a link to it stands for a file on a full disk.
  const TemporaryFolder folder;
  try {
    write_file_atomically(folder / "x.txt", [](const fs::path& temporary) {
      std::ofstream full("/dev/full");
      full << std::string(1 << 16, 'x') << std::flush;
      if (!full) throw DataError(temporary.string() + ": no space left");
    });
    FAIL() << "expected DataError";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("no space left"), std::string::npos);
  }
  EXPECT_FALSE(fs::exists(folder / "x.txt"));
}

TEST(AtomicFileTest, AFolderInTheWayIsAnError) {
  const TemporaryFolder folder;
  EXPECT_THROW(write_file_atomically(folder.path(), "x"), DataError);
  write_file_atomically(folder / "file", "x");
  EXPECT_THROW(write_file_atomically(folder / "file" / "inside.txt", "x"), DataError);
}

}  // namespace
}  // namespace nadir
