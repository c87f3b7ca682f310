#include "core/text.h"

#include <gtest/gtest.h>

#include <limits>

#include "core/parse_number.h"
#include "nadir/config.h"

namespace nadir {
namespace {

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
