// The pickle of a checkpoint, behind the archive's checksums: inputs are data.pkl alone.
#include <fstream>

#include "fuzz/fuzz.h"
#include "fuzz/read_weights.h"
#include "nadir/runtime.h"
#include "weights/zip_archive.h"
#include "weights/zip_writer.h"

namespace nadir {
namespace {

std::string pickle_of(const std::string& name) {
  const ZipArchive archive(
      std::make_shared<const ByteFile>(std::filesystem::path(NADIR_TEST_DATA) / "weights" / (name + ".pth")));
  return archive.text(*archive.find(name + "/data.pkl"), 1 << 20);
}

void read_as_checkpoint(const std::filesystem::path& file) {
  const std::filesystem::path archived = file.string() + ".pth";
  {
    std::ofstream stream(archived, std::ios::binary | std::ios::trunc);
    ZipWriter archive(stream);
    archive.add("x/data.pkl", read_text_file(file));
    for (int i = 0; i < 24; ++i) archive.add("x/data/" + std::to_string(i), std::string(256, '\1'));
    archive.finish();
  }
  read_all_weights(archived);
}

}  // namespace

FuzzTarget fuzz_target() {
  return {"torch_pickle", read_as_checkpoint, {pickle_of("types"), pickle_of("checkpoint")}};
}

}  // namespace nadir
