// Bytes of HDF5 files that are not Keras's: other types, packings and versions.
#include "fuzz/fuzz.h"
#include "nadir/error.h"
#include "weights/hdf5_file.h"

namespace nadir {
namespace {

// Arrays that cannot be read are passed over, as the files to begin with have some.
void read_object(const Hdf5File& file, const std::string& path) {
  try {
    for (const char* name : {"dtype", "fixed", "layer_names", "list", "long", "number", "one", "text"}) {
      file.attribute(path, name);
    }
    if (!file.is_group(path)) file.read(path);
  } catch (const ModelError&) {
  }
  if (!file.is_group(path)) return;
  for (const std::string& each : file.children(path)) read_object(file, path + "/" + each);
}

void read_all(const std::filesystem::path& path) {
  read_object(Hdf5File(hdf5::Bytes(std::make_shared<const ByteFile>(path))), "");
}

}  // namespace

FuzzTarget fuzz_target() {
  return {"hdf5", read_all, {test_data("weights/arrays.h5"), test_data("weights/arrays.latest.h5")}};
}

}  // namespace nadir
