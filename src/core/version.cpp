#include "nadir/nadir.h"

namespace nadir {

const char* version() { return NADIR_VERSION; }

}  // namespace nadir
