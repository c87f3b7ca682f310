// A table for the terminal: the first column to the left, the others to the right.
#pragma once

#include <string>
#include <vector>

namespace nadir {

class Table {
 public:
  explicit Table(std::vector<std::string> head) { add(std::move(head)); }
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  // How many columns, from the first, hold text and not numbers.
  void set_text_columns(std::size_t count) { text_columns_ = count; }
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
  std::size_t text_columns_ = 1;
};

}  // namespace nadir
