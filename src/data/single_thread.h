// Keeps torch's operators in the thread that calls them.
#pragma once

namespace nadir {

// While it lives, torch operators of this thread use no other threads; those of other threads are not
// touched. Loader threads use it so that they do not compete with the network for cores, and the caller's
// thread when it loads itself, so that sums come out the same.
class SingleThread {
 public:
  SingleThread();
  ~SingleThread();
  SingleThread(const SingleThread&) = delete;
  SingleThread& operator=(const SingleThread&) = delete;

 private:
  int before_;
};

}  // namespace nadir
