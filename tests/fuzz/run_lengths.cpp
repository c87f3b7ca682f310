#include "data/run_lengths.h"

#include "fuzz/fuzz.h"
#include "nadir/runtime.h"

namespace nadir {

FuzzTarget fuzz_target() {
  // The first character says which of the two ways of writing follows. "PSgi2" counts 2,940,000 pixels of
  // none.
  return {
      "run_lengths",
      [](const std::filesystem::path& path) {
        const std::string text = read_text_file(path);
        const MaskSize size{1400, 2100};
        const std::vector<Run> runs = text.starts_with('k')
                                          ? decode_runs(std::string_view(text).substr(1), size)
                                          : runs_of_packed_counts(text, size);
        for (const MaskResize way : {MaskResize::kOverlap, MaskResize::kNearest, MaskResize::kFloorNearest}) {
          resized_mask(runs, size, {35, 52}, way);
        }
        if (decode_runs(encode_runs(runs), size).size() > runs.size()) throw std::logic_error("runs grew");
      },
      {"k1 2940000", "k264918 937 266318 937 267718 937", "k1 1 3 1 5 1 ", "k", "PSgi2"}};
}

}  // namespace nadir
