// What the user sees while something long runs: one live line on a terminal, plain lines in a log.
#pragma once

#include <chrono>
#include <string>

#include "nadir/runtime.h"

namespace nadir {

class Console final : public ProgressObserver {
 public:
  Console();
  ~Console() override;
  void progress(const Progress& progress) override;
  void message(const std::string& line) override;

 private:
  void clear_line();

  bool terminal_;
  bool line_shown_ = false;
  std::string logged_stage_;
  int logged_tenths_ = 0;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace nadir
