#include "pictures/picture.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "data_test/messages.h"
#include "nadir/runtime.h"
#include "pictures/golden_pictures.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

// A smooth picture, which JPEG keeps nearly as it is.
torch::Tensor gradient(std::int64_t height, std::int64_t width) {
  const torch::Tensor rows = torch::linspace(20, 200, height).view({-1, 1, 1});
  const torch::Tensor columns = torch::linspace(0, 50, width).view({1, -1, 1});
  return (rows + columns * torch::tensor({1.0, 0.5, -0.3})).clamp(0, 255).to(torch::kUInt8);
}

TEST(PictureTest, PngGoesRoundInEveryFormat) {
  const torch::Tensor wide = golden::labels("png", {9, 13, 3}, 65536).to(torch::kUInt16);
  const Picture sixteen = decode_picture(encode_png_file(wide), "wide.png");
  EXPECT_EQ(sixteen.info.type, torch::kUInt16);
  EXPECT_TRUE(sixteen.pixels.to(torch::kInt64).equal(wide.to(torch::kInt64)));
  for (const std::int64_t channels : {1, 2, 3, 4}) {
    const torch::Tensor picture = golden::bytes("png", {9, 13, channels});
    const Picture read = decode_picture(encode_png_file(picture), "a.png");
    EXPECT_TRUE(read.pixels.equal(picture)) << channels;
    EXPECT_EQ(read.info.transparent, channels % 2 == 0);
  }
}

TEST(PictureTest, PaletteIndicesStayIndicesUnlessColoursAreWanted) {
  const torch::Tensor indices = torch::tensor({0, 1, 2, 1}).to(torch::kUInt8).view({2, 2});
  const std::string png = encode_png_file(indices, {{0, 0, 0}, {10, 20, 30}, {255, 0, 7}});
  const Picture stored = decode_picture(png, "p.png");
  EXPECT_TRUE(stored.pixels.squeeze(2).equal(indices));
  EXPECT_EQ(stored.info.palette.size(), 3U);
  const Picture colors = decode_picture(png, "p.png", {.color = PictureColor::kRgb});
  EXPECT_TRUE(colors.pixels[0][1].equal(torch::tensor({10, 20, 30}).to(torch::kUInt8)));
}

TEST(PictureTest, JpegDecodesAtTheSmallestFractionThatIsLargeEnough) {
  const std::string jpeg = encode_jpeg_file(gradient(140, 210), 95);
  const PictureInfo info = decode_picture_info(jpeg, "a.jpg");
  EXPECT_EQ(std::tuple(info.height, info.width, info.channels), std::tuple(140, 210, 3));
  const Picture full = decode_picture(jpeg, "a.jpg");
  EXPECT_LT(
      (full.pixels.to(torch::kFloat32) - gradient(140, 210).to(torch::kFloat32)).abs().max().item<float>(),
      6);
  const auto size = [&](std::int64_t height, std::int64_t width) {
    const Picture read = decode_picture(jpeg, "a.jpg", {.least_height = height, .least_width = width});
    return std::pair(read.info.height, read.info.width);
  };
  EXPECT_EQ(size(70, 105), std::pair(std::int64_t{70}, std::int64_t{105}));
  EXPECT_EQ(size(71, 20), std::pair(std::int64_t{140}, std::int64_t{210}));
  EXPECT_EQ(size(18, 27), std::pair(std::int64_t{18}, std::int64_t{27}));
  EXPECT_EQ(size(19, 20), std::pair(std::int64_t{35}, std::int64_t{53}));
}

TEST(PictureTest, GrayIsPillowsRuleForPngAndTheFilesOwnLumaForJpeg) {
  const auto golden = golden::read(golden::folder() / "resize.json")["pillow_gray"];
  const torch::Tensor picture = golden::bytes("resize.pillow", {16, 24, 3});
  const Picture gray = decode_picture(encode_png_file(picture), "a.png", {.color = PictureColor::kGray});
  EXPECT_EQ(gray.pixels.sum().item<std::int64_t>(), golden["sum"].get<std::int64_t>());
  EXPECT_EQ(golden::fnv1a_text(gray.pixels), golden["fnv1a"].get<std::string>());
  const Picture luma =
      decode_picture(encode_jpeg_file(gradient(40, 40)), "a.jpg", {.color = PictureColor::kGray});
  EXPECT_EQ(luma.info.channels, 1);
}

// Decoding never succeeds on a file that is cut or altered where its pixels are.
TEST(PictureTest, DamageIsAnErrorThatNamesTheFile) {
  const torch::Tensor noise = golden::bytes("noise", {64, 64, 3});
  for (const std::string& whole : {encode_jpeg_file(noise), encode_png_file(noise)}) {
    for (const std::size_t part :
         {std::size_t{0}, std::size_t{2}, std::size_t{30}, whole.size() / 2, whole.size() - 9}) {
      const std::string message =
          message_of<DataError>([&] { decode_picture(whole.substr(0, part), "set/7.jpg"); });
      EXPECT_TRUE(has(message, {"set/7.jpg: is "})) << part << ": " << message;
    }
    std::string altered = whole;
    altered.replace(altered.size() / 2, 40, 40, '\xff');
    EXPECT_TRUE(
        has(message_of<DataError>([&] { decode_picture(altered, "set/8.jpg"); }), {"set/8.jpg: is damaged"}));
  }
  EXPECT_TRUE(has(message_of<DataError>([] { decode_picture("GIF89a", "x.png"); }),
                  {"x.png", "neither a JPEG nor a PNG"}));
  EXPECT_TRUE(has(message_of<DataError>([] { read_picture("nowhere.jpg"); }),
                  {"nowhere.jpg: there is no such file"}));
}

// Bytes that the process holds now.
std::int64_t resident_bytes() {
  std::int64_t pages = 0, resident = 0;
  std::ifstream statm("/proc/self/statm");
  statm >> pages >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

TEST(PictureTest, DamagedFilesLeaveNoMemoryBehind) {
  const torch::Tensor picture = torch::zeros({16, 16, 3}, torch::kByte);
  // Cut within the header, where both libraries have already taken memory.
  for (std::string bytes : {encode_jpeg_file(picture), encode_png_file(picture)}) {
    bytes.resize(bytes.size() / 2);
    const auto refuse = [&](int times) {
      for (int i = 0; i < times; ++i) EXPECT_THROW(decode_picture(bytes, "cut"), DataError);
    };
    refuse(100);
    const std::int64_t before = resident_bytes();
    refuse(20000);
    EXPECT_LT(resident_bytes() - before, 4 << 20);
  }
}

TEST(PictureTest, AHeaderThatPromisesMoreThanTheFileHoldsIsDamage) {
  std::string jpeg = encode_jpeg_file(gradient(30, 40));
  const std::size_t frame = jpeg.find("\xff\xc0");
  jpeg.replace(frame + 5, 4, "\xff\x00\xff\x00", 4);  // height and width 65280
  EXPECT_TRUE(has(message_of<DataError>([&] { decode_picture(jpeg, "big.jpg"); }),
                  {"big.jpg: is damaged", "65280 x 65280"}));
}

std::string four_bytes(std::uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 255U);
  return bytes;
}

std::uint32_t png_checksum(const std::string& bytes) {
  std::uint32_t sum = ~0U;
  for (const char each : bytes) {
    sum ^= static_cast<unsigned char>(each);
    for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ (sum & 1U ? 0xedb88320U : 0U);
  }
  return ~sum;
}

TEST(PictureTest, APixelBeyondThePaletteIsDamage) {
  const torch::Tensor indices = torch::tensor({0, 200}).to(torch::kUInt8).view({1, 2});
  std::string png = encode_png_file(indices, std::vector<std::array<std::uint8_t, 3>>(201));
  // libpng itself may refuse to write it: the palette is cut to two colours afterwards.
  const std::size_t palette = png.find("PLTE");
  const std::string cut = png.substr(palette, 4 + 2 * 3);
  png.replace(palette - 4, 4 + 4 + 201 * 3 + 4, four_bytes(2 * 3) + cut + four_bytes(png_checksum(cut)));
  EXPECT_TRUE(has(message_of<DataError>([&] { decode_picture(png, "p.png", {.color = PictureColor::kRgb}); }),
                  {"p.png", "index 200", "2 colours"}));
}

TEST(PictureTest, HeadersAreReadWhateverTheirLength) {
  const TemporaryFolder folder;
  // A comment segment of 60,000 bytes twice before the frame's own header.
  const std::string jpeg = encode_jpeg_file(gradient(30, 40));
  const std::string comment = std::string("\xff\xfe\xea\x62", 4) + std::string(60000, 'x');
  write_file_atomically(folder / "long.jpg", jpeg.substr(0, 2) + comment + comment + jpeg.substr(2));
  const PictureInfo info = read_picture_info(folder / "long.jpg");
  EXPECT_EQ(std::pair(info.height, info.width), std::pair(std::int64_t{30}, std::int64_t{40}));
}

}  // namespace
}  // namespace nadir
