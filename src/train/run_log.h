// Passes everything on to the observer and keeps the lines in the run folder's log.txt, with the time.
#pragma once

#include <fstream>
#include <string>

#include "nadir/train.h"

namespace nadir {

class RunLog final : public ProgressObserver {
 public:
  RunLog(const RunFolder& run, ProgressObserver& observer);
  void progress(const Progress& progress) override { observer_.progress(progress); }
  void message(const std::string& line) override;
  void warning(const std::string& line) override;

 private:
  void keep(const std::string& line);

  std::ofstream file_;
  ProgressObserver& observer_;
};

}  // namespace nadir
