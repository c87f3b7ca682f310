#include "data/single_thread.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>

namespace nadir {
namespace {

// at::set_num_threads also sets what threads that come later begin with; OpenMP's own call sets the calling
// thread's number alone. It is looked up in whatever OpenMP library libtorch brought along; a libtorch
// without OpenMP has none to set.
void set_threads_of_this_thread(int threads) {
  using Set = void (*)(int);
  static const auto set = reinterpret_cast<Set>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
  if (set) set(threads);
}

}  // namespace

// Asking for the number first makes torch initialise this thread, which would otherwise overwrite it later.
SingleThread::SingleThread() : before_(at::get_num_threads()) { set_threads_of_this_thread(1); }

SingleThread::~SingleThread() { set_threads_of_this_thread(before_); }

}  // namespace nadir
