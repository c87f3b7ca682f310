// Changes to a file's bytes that readers trip over.
#pragma once

#include <string>
#include <vector>

#include "nadir/runtime.h"

namespace nadir {

// One of `corpus` with one to four changes; the same for the same stream.
std::string mutate(const std::vector<std::string>& corpus, RandomStream random);

}  // namespace nadir
