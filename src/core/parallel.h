// Work for all of torch's threads.
#pragma once

#include <cstdint>
#include <functional>

namespace nadir {

// Calls `body` with ranges that make up begin .. end-1, each of at least `grain` (but the last), side by side
// on the threads that torch's own operators use; returns when all are done. An exception of one is thrown.
// On one range, on the calling thread, where there is too little to share and inside another such call.
//
// at::parallel_for is a template: compiled without OpenMP, as this library is (clang has another runtime for
// it than libtorch, and two would fight for the processors), it runs on one thread. This runs it inside
// libtorch.
void parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain,
                  const std::function<void(std::int64_t begin, std::int64_t end)>& body);

}  // namespace nadir
