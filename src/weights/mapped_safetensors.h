// Weights without reading them: tensors whose memory is the file's.
#pragma once

#include "nadir/model_file.h"

namespace nadir {

// As read_safetensors, but a tensor's pages come from the file when they are first looked at, and go when
// memory is short. Writing to such a tensor changes no file. A file with nadir's checksum is read once, to
// verify it. The file must stay as long as it is (replacing it by a renamed one is fine).
SafeTensors map_safetensors(const std::filesystem::path& file);

}  // namespace nadir
