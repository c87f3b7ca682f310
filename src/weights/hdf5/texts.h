// Texts of attributes: of a fixed length, in place, or of any length, in heaps that all objects share.
#pragma once

#include <string>
#include <vector>

#include "weights/hdf5/messages.h"

namespace nadir::hdf5 {

// Of an attribute whose type is a text. Throws ModelError.
std::vector<std::string> read_texts(const Bytes& file, const Attribute& attribute);

}  // namespace nadir::hdf5
