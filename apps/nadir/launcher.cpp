// The program `nadir`: sets what libtorch's threads read when they are loaded, loads the rest, and runs it.
//
// torch's OpenMP threads spin at every barrier; beside one other busy thread (a loader, a reader, somebody
// else's job) that makes a step 3 to 17 times as long. A short spin avoids it at no cost that shows. libgomp
// reads the setting once, when it is loaded, which is before main() for a library that the program is linked
// with: hence the rest of the program is a library of its own.
//
// Functions are bound when they are first called: of the 150,000 symbols of libtorch and GDAL a run needs
// few.
//
// Maps of a network are tens of megabytes, wanted and dropped hundreds of times a second. Handed back to the
// system each time, their pages are made anew and cleared each time: an eighth of a U-Net's time.
#include <dlfcn.h>
#include <unistd.h>
#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

#include <climits>
#include <cstdio>
#include <cstdlib>

namespace {

void keep_freed_memory() {
#ifdef M_MMAP_THRESHOLD
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  keep_freed_memory();
  setenv("GOMP_SPINCOUNT", "1000", /*overwrite=*/0);
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
