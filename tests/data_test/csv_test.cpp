#include "data/csv.h"

#include <gtest/gtest.h>

#include "data_test/messages.h"
#include "nadir/runtime.h"

namespace nadir {
namespace {

CsvTable parse(const std::string& text) {
  Problems problems(false);
  return parse_csv(text, "list.csv", problems);
}

std::vector<std::string> problems_of(const std::string& text) {
  Problems problems(true);
  parse_csv(text, "list.csv", problems);
  return problems.list();
}

TEST(CsvTest, ReadsQuotesLineEndsAndAByteOrderMark) {
  const CsvTable table =
      parse("\xef\xbb\xbfname,value\r\n\"a, \"\"b\"\"\",1\r\n\r\n\"two\nlines\",\n,\"\"\n");
  EXPECT_EQ(table.header, (std::vector<std::string>{"name", "value"}));
  ASSERT_EQ(table.rows.size(), 3U);
  EXPECT_EQ(table.rows[0].fields, (std::vector<std::string>{"a, \"b\"", "1"}));
  EXPECT_EQ(table.rows[1].fields, (std::vector<std::string>{"two\nlines", ""}));
  EXPECT_EQ(table.rows[2].fields, (std::vector<std::string>{"", ""}));
  EXPECT_EQ(table.rows[1].line, 4);
  EXPECT_EQ(table.rows[2].line, 6);
}

TEST(CsvTest, AMissingColumnIsNamedWithTheNearest) {
  const CsvTable table = parse("Image_Label,EncodedPixel\na,1\n");
  EXPECT_EQ(table.column("Image_Label"), 0U);
  const std::string message =
      message_of<DataError>([&] { static_cast<void>(table.column("EncodedPixels")); });
  EXPECT_TRUE(has(message, {"list.csv: has no column 'EncodedPixels'", "Image_Label and EncodedPixel",
                            "Is 'EncodedPixel' meant?"}));
}

TEST(CsvTest, EveryProblemIsListedWithItsLine) {
  const std::vector<std::string> problems = problems_of("a,b\n1\n1,2\n1,2,3\n\"x\"y,2\n5,6\n\"open,7\n");
  ASSERT_EQ(problems.size(), 4U);
  EXPECT_TRUE(has(problems[0], {"list.csv, line 2", "1 field", "2 (a and b)"}));
  EXPECT_TRUE(has(problems[1], {"line 4", "3 fields"}));
  EXPECT_TRUE(has(problems[2], {"line 5", "closing quote"}));
  EXPECT_TRUE(has(problems[3], {"line 7", "never closed"}));
  EXPECT_TRUE(has(problems_of("")[0], {"is empty"}));
  EXPECT_TRUE(has(problems_of("a,a\n")[0], {"'a' comes twice"}));
  EXPECT_TRUE(has(message_of<DataError>([] { parse("a,b\n1\n"); }), {"line 2"}));
}

TEST(CsvTest, WhatIsWrittenIsReadBack) {
  RandomStream random(9);
  constexpr std::string_view kCharacters = "ab,\"\n\r ;x";
  for (int i = 0; i < 300; ++i) {
    std::vector<std::string> fields(3);
    for (std::string& field : fields) {
      for (std::int64_t k = random.below(6); k > 0; --k)
        field += kCharacters[static_cast<std::size_t>(random.below(9))];
    }
    const CsvTable table = parse("a,b,c\n" + csv_line(fields));
    ASSERT_EQ(table.rows.size(), 1U);
    EXPECT_EQ(table.rows[0].fields, fields);
  }
}

}  // namespace
}  // namespace nadir
