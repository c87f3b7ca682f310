// torch's OpenMP threads spin at every barrier; beside one other busy thread (a loader, a reader, somebody
// else's job) that makes a step 3 to 17 times as long. A short spin avoids it at no cost that shows. libgomp
// reads the setting when it is loaded, which is before main, so it is set before any library's constructors
// run.
#include <cstdlib>

namespace {

void set_wait_policy() {
  // Does not replace what the user chose.
  setenv("GOMP_SPINCOUNT", "1000", 0);
}

__attribute__((section(".preinit_array"), used)) void (*const kSetWaitPolicy)() = set_wait_policy;

}  // namespace
