#include "core/text.h"

#include <gtest/gtest.h>

#include <limits>

#include "core/parse_bytes.h"
#include "core/parse_number.h"
#include "nadir/config.h"

namespace nadir {
namespace {

TEST(TextTest, SizesHaveUnitsOf1024OrOf1000) {
  EXPECT_EQ(parse_bytes("4096"), 4096);
  EXPECT_EQ(parse_bytes("4096 B"), 4096);
  for (const char* same : {"2 GiB", "2G", "2gib", "2g", "2.0  GiB"})
    EXPECT_EQ(parse_bytes(same), std::int64_t{1} << 31);
  EXPECT_EQ(parse_bytes("1.5 GB"), 1'500'000'000);
  EXPECT_EQ(parse_bytes("1500M"), 1500 * 1048576);
  EXPECT_EQ(parse_bytes("512KiB"), 524288);
  EXPECT_EQ(parse_bytes("1T"), std::int64_t{1} << 40);
  for (const char* wrong :
       {"much", "2 gigs", "-1 GiB", "0", "0.5", "GiB", "", " 2G", "2G ", "1e30", "inf", "nan G", "2i"}) {
    EXPECT_FALSE(parse_bytes(wrong)) << wrong;
  }
}

TEST(TextTest, Numbers) {
  EXPECT_EQ(with_thousands(7763272), "7,763,272");
  EXPECT_EQ(with_thousands(-1000), "-1,000");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(fixed(0.125, 2), "0.12");
  EXPECT_EQ(shortest(0.1), "0.1");
  EXPECT_EQ(shortest(std::numeric_limits<double>::quiet_NaN()), "nan");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_seconds(3725), "1 h 02 min");
  EXPECT_EQ(counted(1, "image"), "1 image");
  EXPECT_EQ(counted(2, "class", "classes"), "2 classes");
}

TEST(TextTest, NumbersOutOfText) {
  EXPECT_EQ(parse_number<double>("-1.5e3"), -1500);
  EXPECT_EQ(parse_number<std::int64_t>("42"), 42);
  for (const char* text : {"", " 1", "1 ", "+1", "1,5", "0x10", "one", "1e999"}) {
    EXPECT_EQ(parse_number<double>(text), std::nullopt) << text;
  }
  for (const char* text : {"1.5", "300", "-1"})
    EXPECT_EQ(parse_number<std::uint8_t>(text), std::nullopt) << text;
}

TEST(TextTest, Nearest) {
  EXPECT_EQ(nearest("unte", {"enet", "unet"}), "unet");
  EXPECT_EQ(nearest("resnet", {"unet", "vit"}), "");
  EXPECT_EQ(join_words({"a", "b", "c"}), "a, b and c");
}

}  // namespace
}  // namespace nadir
