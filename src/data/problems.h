// What is wrong with a data set: the first thing is thrown, or everything is listed.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "nadir/error.h"

namespace nadir {

class Problems {
 public:
  // keep_going: whether add() keeps what it is given in place of throwing it.
  explicit Problems(bool keep_going) : keep_going_(keep_going) {}

  // Throws DataError(text), or keeps the text.
  void add(std::string text) {
    if (!keep_going_) throw DataError(text);
    list_.push_back(std::move(text));
  }
  // Runs what may throw DataErrors; whether it did not.
  template <class Action>
  bool guard(const Action& action) {
    try {
      action();
      return true;
    } catch (const DataError& error) {
      if (!keep_going_) throw;
      list_.emplace_back(error.what());
      return false;
    }
  }
  bool keep_going() const { return keep_going_; }
  const std::vector<std::string>& list() const { return list_; }

 private:
  bool keep_going_;
  std::vector<std::string> list_;
};

}  // namespace nadir
