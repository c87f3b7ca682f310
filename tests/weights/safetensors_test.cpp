#include <gtest/gtest.h>
#include <torch/torch.h>

#include <fstream>
#include <iterator>

#include "nadir/model_file.h"
#include "temporary_folder.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}
void put(const fs::path& file, const std::string& bytes) { std::ofstream(file, std::ios::binary) << bytes; }
std::string raw(const std::string& header, const std::string& data) {
  std::uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + header + data;
}
std::string error_of(const fs::path& file) {
  try {
    read_safetensors(file);
  } catch (const ModelError& error) {
    return error.what();
  }
  return "no error";
}

SafeTensors example() {
  SafeTensors contents;
  contents.tensors = {{"a.weight", torch::arange(6, torch::kFloat32).reshape({2, 3}).t()},  // not contiguous
                      {"scalar", torch::tensor(3.5, torch::kFloat64)},
                      {"empty", torch::empty({0, 4})},
                      {"half", torch::ones({3}, torch::kFloat16)},
                      {"brain", torch::ones({3}, torch::kBFloat16) * 2},
                      {"count", torch::tensor(7, torch::kInt64)},
                      {"mask", torch::tensor({true, false})}};
  contents.metadata = {{"card", "{\"quote\": \"\\\"\"}"}};
  return contents;
}

TEST(SafeTensorsTest, RoundTripKeepsNamesOrderTypesShapesAndMetadata) {
  const TemporaryFolder folder;
  const SafeTensors written = example();
  write_safetensors(folder / "x.safetensors", written);
  const SafeTensors read = read_safetensors(folder / "x.safetensors");
  ASSERT_EQ(read.tensors.size(), written.tensors.size());
  for (std::size_t i = 0; i < read.tensors.size(); ++i) {
    EXPECT_EQ(read.tensors[i].first, written.tensors[i].first);
    EXPECT_TRUE(torch::equal(read.tensors[i].second, written.tensors[i].second)) << read.tensors[i].first;
    EXPECT_EQ(read.tensors[i].second.scalar_type(), written.tensors[i].second.scalar_type());
  }
  EXPECT_EQ(read.metadata, written.metadata);
  EXPECT_EQ(read_safetensors_metadata(folder / "x.safetensors"), written.metadata);
}

TEST(SafeTensorsTest, EveryFlippedByteIsRefused) {
  const TemporaryFolder folder;
  const fs::path file = folder / "x.safetensors";
  write_safetensors(file, example());
  const std::string good = bytes_of(file);
  const std::string key = "nadir.checksum";
  const std::size_t key_place = good.find(key);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x01);
    put(file, bad);
    if (i >= key_place && i < key_place + key.size()) {
      EXPECT_FALSE(read_safetensors(file).verified);  // a file without a checksum, which load_model refuses
    } else {
      EXPECT_THROW(read_safetensors(file), ModelError) << "byte " << i;
    }
  }
}

TEST(SafeTensorsTest, EveryTruncationIsRefused) {
  const TemporaryFolder folder;
  const fs::path file = folder / "x.safetensors";
  write_safetensors(file, example());
  const std::string good = bytes_of(file);
  for (std::size_t size = 0; size < good.size(); ++size) {
    put(file, good.substr(0, size));
    EXPECT_THROW(read_safetensors(file), ModelError) << size << " bytes";
  }
}

TEST(SafeTensorsTest, MalformedFilesSayWhatIsWrong) {
  const TemporaryFolder folder;
  const fs::path file = folder / "x.safetensors";
  const auto expect = [&](const std::string& bytes, const std::string& part) {
    put(file, bytes);
    const std::string message = error_of(file);
    EXPECT_NE(message.find(part), std::string::npos) << message;
    EXPECT_NE(message.find("x.safetensors"), std::string::npos) << message;
  };
  expect("abc", "shorter than 8 bytes");
  expect("PK\x03\x04 this is some other file format", "not safetensors");
  expect(raw("{\"a\"", ""), "not JSON");
  expect(raw("[]", ""), "not a JSON object");
  expect(raw(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "123"), "cut short");
  expect(raw(R"({"a":{"dtype":"Q4","shape":[1],"data_offsets":[0,4]}})", "1234"), "unknown type Q4");
  expect(raw(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", "1234"), "its shape asks for 8");
  expect(raw(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", "1234"), "impossible shape");
  expect(raw(R"({"a":{"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,4]}})", "1234"),
         "impossible");
  expect(raw(R"({"a":{"shape":[1],"data_offsets":[0,4]}})", "1234"), "entry for tensor 'a'");
  expect(raw(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
             R"("b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}})",
             "123456"),
         "overlap");
  EXPECT_NE(error_of(folder / "none.safetensors").find("no such file"), std::string::npos);
}

TEST(SafeTensorsTest, FilesOfOtherToolsNeedNoChecksum) {
  const TemporaryFolder folder;
  put(folder / "x.safetensors", raw(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", "abcd"));
  const auto read = read_safetensors(folder / "x.safetensors");
  EXPECT_TRUE(torch::equal(read.tensors.at(0).second, torch::tensor({97, 98, 99, 100}, torch::kUInt8)));
}

}  // namespace
}  // namespace nadir
