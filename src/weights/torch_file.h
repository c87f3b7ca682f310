// PyTorch's checkpoints, as torch.save writes them: a ZIP archive since 1.6, a row of pickles before that.
// Nothing is executed: a pickle may build tensors and containers, everything else is refused by its name.
#pragma once

#include <memory>

#include "weights/byte_file.h"
#include "weights/weight_file.h"

namespace nadir {

bool is_torch_legacy(const ByteFile& file);

// Every dict of the checkpoint that holds tensors is a group. Tensors are views of their storages, which are
// read when the first of them is asked for. Throws ModelError.
WeightFile read_torch_zip(std::shared_ptr<const ByteFile> file);
WeightFile read_torch_legacy(std::shared_ptr<const ByteFile> file);

}  // namespace nadir
