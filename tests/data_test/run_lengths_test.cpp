// Known answers: the functions of study 001 and OpenCV (rle.json).
#include "data/run_lengths.h"

#include <gtest/gtest.h>

#include "data_test/messages.h"
#include "nadir/runtime.h"
#include "pictures/bilinear.h"
#include "pictures/golden_pictures.h"
#include "pictures/resample.h"

namespace nadir {
namespace {

using Runs = std::vector<Run>;  // within a test, Run is a member of its class

const nlohmann::json& rle() {
  static const nlohmann::json whole = golden::read(golden::folder() / "rle.json");
  return whole;
}

torch::Tensor mask_of_rows(const nlohmann::json& rows) {
  const auto height = static_cast<std::int64_t>(rows.size());
  const auto width = static_cast<std::int64_t>(rows[0].get<std::string>().size());
  torch::Tensor mask = torch::zeros({height, width}, torch::kUInt8);
  for (std::int64_t y = 0; y < height; ++y) {
    const std::string row = rows[static_cast<std::size_t>(y)];
    for (std::int64_t x = 0; x < width; ++x) mask[y][x] = row[static_cast<std::size_t>(x)] == '#' ? 1 : 0;
  }
  return mask;
}

TEST(RunLengthsTest, SmallMasksEncodeAndDecodeAsStudy001Does) {
  ASSERT_EQ(rle()["small"].size(), 17U);
  for (const auto& one : rle()["small"]) {
    const torch::Tensor mask = mask_of_rows(one["rows"]);
    const std::string text = one["rle"];
    EXPECT_EQ(encode_runs(runs_of_mask(mask)), text) << one["name"];
    const MaskSize size{one["height"], one["width"]};
    EXPECT_TRUE(mask_of_runs(decode_runs(text, size), size).equal(mask)) << one["name"];
  }
}

TEST(RunLengthsTest, RunsThatTouchAreReadAndJoinedWhenWritten) {
  const auto& golden = rle()["touching runs"];
  const Runs runs = decode_runs(golden["string"].get<std::string>(), {4, 6});
  EXPECT_TRUE(mask_of_runs(runs, {4, 6}).equal(mask_of_rows(golden["decodes to"])));
  EXPECT_EQ(encode_runs(runs), golden["re-encoded"].get<std::string>());
}

// The masks that the golden gives by formula, 1400 x 2100; x is the column.
torch::Tensor formula_mask(const std::string& name) {
  const torch::Tensor x = torch::arange(2100).view({1, -1}), y = torch::arange(1400).view({-1, 1});
  const auto disc = [&](int cx, int cy, int r) { return ((x - cx).square() + (y - cy).square()).le(r * r); };
  const auto box = [&](int x0, int x1, int y0, int y1) { return x.ge(x0) & x.lt(x1) & y.ge(y0) & y.lt(y1); };
  torch::Tensor mask = name == "circle"                    ? disc(1000, 650, 400)
                       : name == "circle cut by two edges" ? disc(100, 80, 300)
                       : name == "rectangle"               ? box(200, 900, 100, 1300)
                       : name == "full"                    ? box(0, 2100, 0, 1400)
                       : name == "empty"
                           ? box(0, 0, 0, 0)
                           : box(10, 400, 20, 600) | box(1200, 2100, 700, 1400) | disc(1100, 400, 222);
  return mask.expand({1400, 2100}).to(torch::kUInt8).contiguous();
}

std::string hash_of(const std::string& text) {
  char hexadecimal[17];
  std::snprintf(hexadecimal, sizeof hexadecimal, "%016llx",
                static_cast<unsigned long long>(golden::fnv1a(text.data(), text.size())));
  return hexadecimal;
}

TEST(RunLengthsTest, FullSizeMasksEqualTheGoldenAtEverySize) {
  const MaskSize full{1400, 2100};
  for (const auto& one : rle()["large (1400 rows, 2100 columns; x is the column, y the row)"]) {
    SCOPED_TRACE(one["name"]);
    const torch::Tensor mask = formula_mask(one["name"]);
    const Runs runs = runs_of_mask(mask);
    const std::string text = encode_runs(runs);
    EXPECT_EQ(mask.sum().item<std::int64_t>(), one["area"].get<std::int64_t>());
    EXPECT_EQ(runs.size(), one["runs"].get<std::size_t>());
    EXPECT_EQ(hash_of(text), one["fnv1a of the string"].get<std::string>());
    EXPECT_EQ(decode_runs(text, full), runs);
    const auto& study =
        one["resized to 256 x 384 (seed 001: decoded mask is 0/255, cv2.resize bilinear to uint8, then > 0)"];
    const torch::Tensor small = resized_mask(runs, full, {256, 384}, MaskResize::kOverlap);
    EXPECT_EQ(small.sum().item<std::int64_t>(), study["set pixels"].get<std::int64_t>());
    EXPECT_EQ(golden::fnv1a_text(small), study["fnv1a of the bytes 0/1, row-major"].get<std::string>());
    const auto& nearest = one["nearest to 350 x 525"];
    const torch::Tensor scored = resized_mask(runs, full, {350, 525}, MaskResize::kFloorNearest);
    EXPECT_EQ(scored.sum().item<std::int64_t>(), nearest["set pixels"].get<std::int64_t>());
    EXPECT_EQ(hash_of(encode_runs(runs_of_mask(scored))), nearest["rle fnv1a"].get<std::string>());
  }
}

TEST(RunLengthsTest, MalformedTextNamesWhatIsWrong) {
  // By the golden's strings: what the message has, "" where it is accepted.
  const std::map<std::string, std::vector<std::string>> expected = {
      {"1 3 5", {"3 numbers", "pairs"}},
      {"1 x", {"'x'", "number 2", "character 3"}},
      {"1 2.5", {"'2.5'"}},
      {"0 3", {"start 0", "count from 1"}},
      {"-3 2", {"start -3"}},
      {"5 0", {"run 1 has length 0"}},
      {"5 -2", {"length -2"}},
      {"24 2", {"run 1: 24 + 2 - 1 = 25 > 24 = 4 x 6"}},
      {"25 1", {"start 25 > 24"}},
      {"1 4 3 2", {"run 2 starts at 3, inside run 1 (1 .. 4)"}},
      {"10 2 1 2", {"run 2 starts at 1 after run 1 at 10"}},
      {"1 99999999999999999999", {"'99999999999999999999'", "too large"}},
      {"1\t3", {"'1\t3'"}},
      {"1  3", {"two blanks"}},
      {" 1 3", {"at the start"}},
      {"1 3 ", {}},
      {"", {}},
      {"-1", {"1 numbers", "pairs"}},
      {"nan", {"'nan'"}},
  };
  for (const auto& one : rle()["malformed"]) {
    const std::string text = one["string"];
    ASSERT_TRUE(expected.contains(text)) << text;
    const std::string message = message_of<DataError>([&] { decode_runs(text, {4, 6}); });
    if (expected.at(text).empty()) EXPECT_EQ(message, "no error") << text;
    for (const std::string& part : expected.at(text)) EXPECT_TRUE(has(message, {part})) << text;
  }
}

// Masks of every density, some with whole columns set.
torch::Tensor random_mask(RandomStream& random, const MaskSize& size) {
  const double density = random.uniform();
  torch::Tensor mask = torch::zeros({size.height, size.width}, torch::kUInt8);
  auto pixel = mask.accessor<std::uint8_t, 2>();
  for (std::int64_t x = 0; x < size.width; ++x) {
    const bool whole = random.chance(0.1);
    for (std::int64_t y = 0; y < size.height; ++y) pixel[y][x] = whole || random.chance(density) ? 1 : 0;
  }
  return mask;
}

TEST(RunLengthsTest, EncodingAndDecodingAreInverse) {
  RandomStream random(5);
  for (int i = 0; i < 300; ++i) {
    const MaskSize size{random.below(23) + 1, random.below(31) + 1};
    const torch::Tensor mask = random_mask(random, size);
    const std::string text = encode_runs(runs_of_mask(mask));
    const Runs runs = decode_runs(text, size);
    EXPECT_TRUE(mask_of_runs(runs, size).equal(mask));
    EXPECT_EQ(encode_runs(runs), text);
  }
}

TEST(RunLengthsTest, ResizingFromRunsEqualsResizingTheMask) {
  RandomStream random(6);
  for (int i = 0; i < 60; ++i) {
    const MaskSize from{random.below(40) + 2, random.below(40) + 2},
        to{random.below(50) + 1, random.below(50) + 1};
    const torch::Tensor mask = random_mask(random, from);
    const Runs runs = runs_of_mask(mask);
    const torch::Tensor bytes = (mask * 255).unsqueeze(2);
    EXPECT_TRUE(resized_mask(runs, from, to, MaskResize::kOverlap)
                    .equal(resize_bilinear(bytes, to.height, to.width)[0].gt(0).to(torch::kUInt8)));
    EXPECT_TRUE(
        resized_mask(runs, from, to, MaskResize::kNearest).equal(resize_nearest(mask, to.height, to.width)));
  }
  const torch::Tensor mask = random_mask(random, {20, 30});
  EXPECT_TRUE(resized_mask(runs_of_mask(mask), {20, 30}, {10, 15}, MaskResize::kOverlap)
                  .equal(resize_bilinear((mask * 255).unsqueeze(2), 10, 15)[0].gt(0).to(torch::kUInt8)));
}

TEST(RunLengthsTest, ReadsCocosCountsPlainAndPacked) {
  const MaskSize size{2, 3};
  const Runs expected = {{2, 1}, {4, 2}};
  EXPECT_EQ(runs_of_counts({2, 1, 1, 2}, size), expected);
  // From the fourth on, a count is the difference to the one before the last: 2 - 1 = 1.
  EXPECT_EQ(runs_of_packed_counts("2111", size), expected);
  // 100 = 4 + 3 * 32: two characters, 'T' (4 with more to come) and '3'.
  EXPECT_EQ(runs_of_packed_counts("T3T3", {10, 20}), (Runs{{100, 100}}));
  EXPECT_TRUE(has(message_of<DataError>([&] { runs_of_counts({2, 1}, size); }), {"sum to 3", "6 = 2 x 3"}));
  EXPECT_TRUE(has(message_of<DataError>([&] {
                    runs_of_counts({2, 9}, size);
                  }),
                  {"number 2 is 9", "4 of the 6"}));
  EXPECT_TRUE(
      has(message_of<DataError>([&] { runs_of_packed_counts("T", size); }), {"ends within a number"}));
}

}  // namespace
}  // namespace nadir
