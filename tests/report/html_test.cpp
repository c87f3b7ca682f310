#include "report/html.h"

#include <gtest/gtest.h>

#include <limits>

#include "report/class_key.h"
#include "report/number_text.h"

namespace nadir::html {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(HtmlTest, EscapesWhatMeansSomethingInHtml) {
  EXPECT_EQ(escape("a<b & \"c\" > 'd'"), "a&lt;b &amp; &quot;c&quot; &gt; &#39;d&#39;");
  EXPECT_EQ(escape("two\nlines\tand m\u00B2, \u6C34, \U0001F30D"),
            "two\nlines\tand m\u00B2, \u6C34, \U0001F30D");
}

TEST(HtmlTest, BytesThatAreNotUtf8BecomeTheReplacementCharacter) {
  EXPECT_EQ(escape("caf\xE9.tif"), "caf\uFFFD.tif");        // Latin-1
  EXPECT_EQ(escape("\xC0\xAF"), "\uFFFD\uFFFD");            // overlong "/"
  EXPECT_EQ(escape("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");  // a surrogate
  EXPECT_EQ(escape("\xF4\x90\x80\x80").size(), 4U * 3);     // beyond U+10FFFF
  EXPECT_EQ(escape("cut \xE6\xB0"), "cut \uFFFD\uFFFD");    // a sequence cut short
  EXPECT_EQ(escape(std::string("a\0b\x1B\x7F", 5)), "a\uFFFDb\uFFFD\uFFFD");
}

TEST(HtmlTest, ElementsEscapeTextAndAttributes) {
  EXPECT_EQ(element("p", {{"title", "\"x\" & y"}, {"", "left out"}}, text("1 < 2")).string(),
            "<p title=\"&quot;x&quot; &amp; y\">1 &lt; 2</p>");
  EXPECT_EQ(void_element("img", {{"alt", "a>b"}}).string(), "<img alt=\"a&gt;b\">");
  EXPECT_EQ((text("a") + element("b", text("c"))).string(), "a<b>c</b>");
}

TEST(HtmlTest, Base64KnownAnswersOfRfc4648) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xFB\xEF\xFF"), "++//");
  EXPECT_EQ(base64(std::string("\x89PNG\r\n\x1A\n\0", 9)), "iVBORw0KGgoA");
}

TEST(NumberTextTest, ScoresAndShares) {
  EXPECT_EQ(score_text(0.87345), "0.8734");
  EXPECT_EQ(score_text(1, 3), "1.000");
  EXPECT_EQ(score_text(-0.25, 2), "\u22120.25");
  EXPECT_EQ(score_text(-0.00001), "0.0000");
  EXPECT_EQ(score_text(kNan), "\u2013");
  EXPECT_EQ(percent_text(1, 3), "33.3\u00A0%");
  EXPECT_EQ(percent_text(0, 0), "\u2013");
  EXPECT_EQ(score_markup(kNan).string(), "<abbr title=\"not defined\">\u2013</abbr>");
}

TEST(NumberTextTest, BarsStayInTheirCell) {
  EXPECT_EQ(width_style(0.125), "width:12.5%");
  EXPECT_EQ(width_style(-0.5), "width:0.0%");
  EXPECT_EQ(width_style(7), "width:100.0%");
  EXPECT_TRUE(bar(kNan).empty());
}

TEST(ClassKeyTest, AColorThatIsNoneGetsOneOfThePalette) {
  EXPECT_EQ(class_color({.name = "water", .color = "#1f6feb"}, 0), "#1f6feb");
  EXPECT_EQ(class_color({.name = "water"}, 0), "#e69f00");
  EXPECT_EQ(class_color({.name = "water", .color = "red;x:y"}, 9), "#56b4e9");
  EXPECT_EQ(class_color({.name = "water", .color = "#12345g"}, 1), "#56b4e9");
}

}  // namespace
}  // namespace nadir::html
