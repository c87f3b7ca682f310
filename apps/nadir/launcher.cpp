// The program `nadir`: sets what the C library and libtorch's threads read when they are loaded, loads the
// rest, and runs it.
//
// torch's OpenMP threads spin at every barrier; beside one other busy thread (a loader, a reader, somebody
// else's job) that makes a step 3 to 17 times as long. A short spin avoids it at no cost that shows. libgomp
// reads the setting once, when it is loaded, which is before main() for a library that the program is linked
// with: hence the rest of the program is a library of its own.
//
// Functions are bound when they are first called: of the 150,000 symbols of libtorch and GDAL a run needs
// few.
//
// glibc hands each large block back to the system when it is freed and takes it anew, which the system fills
// with zeros page by page: a training step does so for every activation. Kept, and in huge pages, the same
// memory makes a step of training a tenth to a fifth faster, and prediction an eighth. glibc reads these
// settings before main(): hence the program starts itself once more. What the user has set stands.
#include <dlfcn.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace {

constexpr const char* kTunables =
    "glibc.malloc.mmap_threshold=4294967296:"  // from this size on blocks are the system's own
    "glibc.malloc.trim_threshold=8589934592:"  // so much may lie free
    "glibc.malloc.hugetlb=1";                  // ask for huge pages where the system leaves it to programs

}  // namespace

int main(int argc, char** argv) {
  setenv("GOMP_SPINCOUNT", "1000", /*overwrite=*/0);
  if (!std::getenv("GLIBC_TUNABLES")) {
    setenv("GLIBC_TUNABLES", kTunables, /*overwrite=*/0);
    execv("/proc/self/exe", argv);  // where it cannot, the program runs all the same
  }
  void* const program = dlopen("libnadir_program.so", RTLD_LAZY | RTLD_GLOBAL);
  if (!program) {
    std::fprintf(stderr, "nadir: error: the program is not whole: %s\n", dlerror());
    return 1;
  }
  const auto run = reinterpret_cast<int (*)(int, char**)>(dlsym(program, "nadir_main"));
  const int code = run(argc, argv);
  // libtorch takes its thousands of operators apart when a program ends; nobody would see the result.
  std::fflush(nullptr);
  _exit(code);
}
