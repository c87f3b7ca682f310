#include "data/csv.h"

#include "fuzz/fuzz.h"

namespace nadir {

FuzzTarget fuzz_target() {
  return {"csv",
          [](const std::filesystem::path& path) {
            // Once listing everything, once throwing the first.
            Problems all(true), first(false);
            read_csv(path, all);
            const CsvTable table = read_csv(path, first);
            static_cast<void>(table.column("EncodedPixels"));
          },
          {"Image_Label,EncodedPixels\n0011165.jpg_Fish,264918 937 266318 937\n0011165.jpg_Sugar,\n",
           "\xef\xbb\xbfimage,\"EncodedPixels\"\r\n\"a, \"\"b\"\"\",\"two\nlines\"\r\n"}};
}

}  // namespace nadir
