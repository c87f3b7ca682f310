#include "data/csv.h"

#include <set>

#include "core/text.h"
#include "nadir/config.h"
#include "nadir/runtime.h"

namespace nadir {
namespace {

class CsvParser {
 public:
  CsvParser(std::string_view text, const std::string& path) : text_(text), path_(path) {
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
  }

  bool done() const { return at_ >= text_.size(); }

  // The next record; one that is empty has no fields.
  CsvRow next() {
    CsvRow row{.line = line_, .fields = {}};
    if (take_line_end()) return row;
    while (true) {
      row.fields.push_back(peek() == '"' ? quoted_field() : plain_field());
      if (done() || take_line_end()) return row;
      ++at_;  // the comma
    }
  }

  // After an error: on from the next line.
  void skip_line() {
    while (!done() && !take_line_end()) ++at_;
  }

 private:
  char peek() const { return done() ? '\0' : text_[at_]; }

  bool take_line_end() {
    if (peek() != '\n' && peek() != '\r') return false;
    at_ += text_.substr(at_).starts_with("\r\n") ? 2 : 1;
    ++line_;
    return true;
  }

  std::string plain_field() {
    const std::size_t end = std::min(text_.find_first_of(",\r\n\"", at_), text_.size());
    if (end < text_.size() && text_[end] == '"') {
      fail("a quote within a field that does not begin with one");
    }
    std::string field(text_.substr(at_, end - at_));
    at_ = end;
    return field;
  }

  std::string quoted_field() {
    const std::int64_t opened = line_;
    std::string field;
    for (++at_; !done(); ++at_) {
      if (text_[at_] == '"') {
        if (text_.substr(at_).starts_with("\"\"")) {
          ++at_;
        } else {
          ++at_;
          if (!done() && text_.substr(at_).find_first_of(",\r\n") != 0)
            fail("text after a field's closing quote");
          return field;
        }
      }
      line_ += text_[at_] == '\n' ? 1 : 0;
      field += text_[at_];
    }
    throw DataError(path_ + ", line " + std::to_string(opened) + ": a field's quote is never closed");
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw DataError(path_ + ", line " + std::to_string(line_) + ": " + what);
  }

  std::string_view text_;
  const std::string& path_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
};

}  // namespace

CsvTable parse_csv(std::string_view text, const std::string& path, Problems& problems) {
  CsvTable table{.path = path, .header = {}, .rows = {}};
  CsvParser parser(text, path);
  const auto take = [&](CsvRow& row) {
    const bool good = problems.guard([&] { row = parser.next(); });
    if (!good) parser.skip_line();
    return good && !row.fields.empty();
  };
  CsvRow row;
  while (table.header.empty() && !parser.done()) {
    if (take(row)) table.header = row.fields;
  }
  if (table.header.empty()) problems.add(path + ": is empty; its first line has to name the columns");
  std::set<std::string> names;
  for (const std::string& name : table.header) {
    if (!names.insert(name).second) problems.add(path + ": the column '" + name + "' comes twice");
  }
  while (!parser.done()) {
    if (!take(row)) continue;
    if (row.fields.size() == table.header.size()) {
      table.rows.push_back(row);
    } else {
      problems.add(table.where(row) + ": has " +
                   counted(static_cast<std::int64_t>(row.fields.size()), "field") + ", and the header " +
                   std::to_string(table.header.size()) + " (" + join_words(table.header) + ")");
    }
  }
  return table;
}

CsvTable read_csv(const std::filesystem::path& file, Problems& problems) {
  return parse_csv(read_text_file(file), file.string(), problems);
}

bool CsvTable::has_column(const std::string& name) const {
  return std::find(header.begin(), header.end(), name) != header.end();
}

std::size_t CsvTable::column(const std::string& name) const {
  const auto found = std::find(header.begin(), header.end(), name);
  if (found != header.end()) return static_cast<std::size_t>(found - header.begin());
  const std::string near = nearest(name, header);
  throw DataError(path + ": has no column '" + name + "'; its columns are " + join_words(header) +
                  (near.empty() ? "" : ". Is '" + near + "' meant?"));
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) {
    if (&field != &fields.front()) line += ',';
    if (field.find_first_of(",\"\r\n") == std::string::npos) {
      line += field;
      continue;
    }
    line += '"';
    for (const char c : field) line += c == '"' ? "\"\"" : std::string(1, c);
    line += '"';
  }
  return line + "\n";
}

}  // namespace nadir
