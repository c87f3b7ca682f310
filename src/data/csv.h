// Comma-separated values (RFC 4180): quotes, line ends of any system, a byte order mark at the start.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data/problems.h"

namespace nadir {

struct CsvRow {
  std::int64_t line = 0;  // in the file, from 1, where the row begins
  std::vector<std::string> fields;
};

struct CsvTable {
  std::string path;
  std::vector<std::string> header;
  std::vector<CsvRow> rows;

  // The place of a column. Throws DataError naming the columns that there are, and the nearest.
  std::size_t column(const std::string& name) const;
  bool has_column(const std::string& name) const;
  std::string where(const CsvRow& row) const { return path + ", line " + std::to_string(row.line); }
};

// Empty lines are passed over. Problems: a row with more or fewer fields than the header (left out), a quote
// that is not closed or stands within a field, a header with a name twice or none at all.
CsvTable parse_csv(std::string_view text, const std::string& path, Problems& problems);
CsvTable read_csv(const std::filesystem::path& file, Problems& problems);

// The fields as one line with its end, quoted where they have to be.
std::string csv_line(const std::vector<std::string>& fields);

}  // namespace nadir
