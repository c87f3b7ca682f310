// HDF5 files. tests/data/weights/make.py made arrays.h5 and its like with h5py 3.16 (HDF5 2.0).
#include "weights/hdf5_file.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <fstream>

#include "nadir/error.h"
#include "temporary_folder.h"
#include "weights/hdf5_writer.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;
using Texts = std::vector<std::string>;

Hdf5File open_file(const fs::path& path) {
  return Hdf5File(hdf5::Bytes(std::make_shared<const ByteFile>(path)));
}
fs::path golden(const std::string& name) { return fs::path(NADIR_TEST_DATA) / "weights" / name; }

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// What reading these bytes is refused with; "" when it is not. Reads `path` where it is given.
std::string refusal(const std::string& bytes, const std::string& path = "") {
  const TemporaryFolder folder;
  std::ofstream(folder / "x.h5", std::ios::binary) << bytes;
  try {
    const Hdf5File file = open_file(folder / "x.h5");
    if (!path.empty()) file.read(path);
  } catch (const ModelError& error) {
    EXPECT_NE(std::string(error.what()).find("x.h5"), std::string::npos);
    return error.what();
  }
  return "";
}

// The bytes with a number at an offset behind the first place of `after`.
std::string with_number(std::string bytes, const std::string& after, std::size_t offset, std::uint64_t value,
                        int width) {
  const std::size_t at = bytes.find(after);
  EXPECT_NE(at, std::string::npos);
  for (int i = 0; i < width; ++i) {
    bytes[at + offset + static_cast<std::size_t>(i)] = static_cast<char>(value >> (8 * i));
  }
  return bytes;
}

void expect_refused(const std::string& bytes, const std::string& path, const std::string& why) {
  const std::string message = refusal(bytes, path);
  EXPECT_NE(message.find(why), std::string::npos) << message;
}

class NumberType : public testing::TestWithParam<std::pair<const char*, torch::ScalarType>> {};

TEST_P(NumberType, IsReadInEitherByteOrder) {
  const torch::Tensor read = open_file(golden("arrays.h5")).read("types/" + std::string(GetParam().first));
  EXPECT_EQ(read.scalar_type(), GetParam().second);
  EXPECT_TRUE(torch::equal(read.to(torch::kFloat64), torch::arange(6, torch::kFloat64).reshape({2, 3})));
}

INSTANTIATE_TEST_SUITE_P(Types, NumberType,
                         testing::Values(std::pair{"f2", torch::kFloat16}, std::pair{"f4", torch::kFloat32},
                                         std::pair{"f4_big", torch::kFloat32}, std::pair{"i1", torch::kInt8},
                                         std::pair{"u1", torch::kUInt8}, std::pair{"u2_big", torch::kUInt16},
                                         std::pair{"i4", torch::kInt32}, std::pair{"u4", torch::kUInt32},
                                         std::pair{"i8", torch::kInt64}, std::pair{"u8", torch::kUInt64}),
                         [](const auto& info) { return std::string(info.param.first); });

TEST(Hdf5FileTest, BoolsAndKerassBfloat16AreRead) {
  const Hdf5File file = open_file(golden("arrays.h5"));
  EXPECT_TRUE(torch::equal(file.read("types/bool"), torch::tensor({true, false, true})));
  EXPECT_TRUE(torch::equal(file.read("types/bfloat16"), torch::tensor({1.0F, -2.0F}).to(torch::kBFloat16)));
}

TEST(Hdf5FileTest, ScalarsAndEmptyArraysHaveTheirShapes) {
  const Hdf5File file = open_file(golden("arrays.h5"));
  EXPECT_TRUE(torch::equal(file.read("scalar"), torch::tensor(2.5F)));
  EXPECT_EQ(file.read("empty").sizes(), (torch::IntArrayRef{0, 4}));
}

TEST(Hdf5FileTest, ChunksAreUnpackedAndCutAtTheArraysEnd) {
  const Hdf5File file = open_file(golden("arrays.h5"));
  const torch::Tensor numbers = torch::arange(70, torch::kFloat32).reshape({7, 10});
  for (const std::string name : {"plain", "deflated", "shuffled"}) {
    EXPECT_TRUE(torch::equal(file.read("chunks/" + name), numbers)) << name;
  }
  EXPECT_TRUE(torch::equal(file.read("chunks/many"), torch::arange(500).to(torch::kUInt8)));
}

TEST(Hdf5FileTest, WhatKerasDoesNotWriteIsRefusedByName) {
  const std::string bytes = bytes_of(golden("arrays.h5"));
  expect_refused(bytes, "types/complex", "'types/complex' holds no numbers of a known type");
  expect_refused(bytes, "chunks/checked", "packed by filter 3; nadir knows deflate and shuffle");
  expect_refused(bytes, "chunks/some", "'chunks/some' lacks some of its chunks");
  expect_refused(bytes, "nothing", "its array 'nothing' is missing");
  expect_refused(bytes_of(golden("dense.latest.h5")), "", "a group in HDF5's dense form");
  expect_refused(bytes_of(golden("arrays.latest.h5")), "chunked", "in a way that Keras does not write");
}

TEST(Hdf5FileTest, GroupsListTheirHardLinksInOrder) {
  const Hdf5File file = open_file(golden("arrays.h5"));
  EXPECT_EQ(file.children(""), (Texts{"chunks", "empty", "many", "scalar", "texts", "types"}));
  const Texts many = file.children("many");  // a B-tree of two levels
  ASSERT_EQ(many.size(), 300U);
  EXPECT_EQ(many[299], "299");
  EXPECT_EQ(file.read("many/299").item<int>(), 299 % 256);
  EXPECT_TRUE(file.is_group("/many/"));
  EXPECT_FALSE(file.is_group("scalar"));
  EXPECT_FALSE(file.exists("soft"));
  EXPECT_FALSE(file.exists("many/300"));
}

TEST(Hdf5FileTest, TextsOfAnyFormAreRead) {
  const Hdf5File file = open_file(golden("arrays.h5"));
  EXPECT_EQ(file.attribute("texts", "one"), Texts{"caf\u00e9"});
  EXPECT_EQ(file.attribute("texts", "list"), (Texts{"a", "", "three"}));
  EXPECT_EQ(file.attribute("texts", "fixed"), (Texts{"stem", "bn"}));
  EXPECT_EQ(file.attribute("texts", "long"), Texts{std::string(5000, 'x')});
  EXPECT_EQ(file.attribute("texts", "number"), Texts{});
  EXPECT_EQ(file.attribute("texts", "missing"), Texts{});
}

TEST(Hdf5FileTest, TheNewestFormOfFilesIsRead) {
  const Hdf5File file = open_file(golden("arrays.latest.h5"));
  EXPECT_TRUE(torch::equal(file.read("a"), torch::arange(6, torch::kFloat32).reshape({2, 3})));
  EXPECT_TRUE(torch::equal(file.read("group/b"), torch::arange(3)));
  EXPECT_EQ(file.attribute("group", "layer_names"), (Texts{"stem", "bn"}));
  EXPECT_EQ(file.attribute("group", "text"), Texts{"one"});
}

TEST(Hdf5FileTest, AFileThatIsCutShortSaysSo) {
  for (const char* name : {"arrays.h5", "arrays.latest.h5"}) {
    const std::string bytes = bytes_of(golden(name));
    expect_refused(bytes.substr(0, bytes.size() - 1), "", "(cut short?)");
  }
}

// A group that holds an array, as the tests' own writer makes it.
std::string small_file() {
  Hdf5Node root;
  root.at("group").text["name"] = "stem";
  root.at("group/array").shape = {2, 3};
  return write_hdf5(root);
}

TEST(Hdf5FileTest, TheTestsOwnWriterIsRead) {
  const TemporaryFolder folder;
  std::ofstream(folder / "x.h5", std::ios::binary) << small_file();
  const Hdf5File file = open_file(folder / "x.h5");
  EXPECT_EQ(file.attribute("group", "name"), Texts{"stem"});
  EXPECT_TRUE(torch::equal(file.read("group/array"), torch::arange(6, torch::kFloat32).reshape({2, 3})));
}

TEST(Hdf5FileTest, ClaimsThatTheFileCannotHoldAreRefused) {
  const std::string shape("\x01\x02\0\0\0\0\0\0", 8);  // a dataspace of two dimensions
  expect_refused(with_number(small_file(), shape, 8, 1ULL << 62, 8), "group/array",
                 "has an impossible shape");
  expect_refused(with_number(small_file(), shape, 8, 1ULL << 40, 8), "group/array",
                 "claims 13194139533312 bytes, which the file does not hold");
  const std::string layout("\x03\x01", 2);
  const std::string whole = small_file();
  const std::size_t at = whole.rfind(layout);
  for (const std::uint64_t address : {whole.size() - 23, ~std::uint64_t{0}, std::uint64_t{1} << 63}) {
    expect_refused(with_number(whole, whole.substr(at, 10), 2, address, 8), "group/array", "does not hold");
  }
}

TEST(Hdf5FileTest, GroupsThatGoInCirclesAreRefused) {
  const std::string whole = small_file();
  constexpr std::size_t kRootAddress = 64;
  std::uint64_t root = 0;
  for (std::size_t i = 8; i-- > 0;) root = root << 8 | static_cast<unsigned char>(whole[kRootAddress + i]);
  // The link "array" leads to the root.
  expect_refused(with_number(whole, "array", 5, root, 8), "", "one of its objects is linked twice");
}

// A path cannot name such objects: whoever went through the groups by paths would not come to an end.
TEST(Hdf5FileTest, NamesThatAreNoNamesAreRefused) {
  for (const char* name : {"a/b", ""}) {
    Hdf5Node root;
    root.children[name].children["below"] = {};
    expect_refused(write_hdf5(root), "", "whose name is no name");
  }
}

TEST(Hdf5FileTest, ATextOutsideItsHeapIsRefused) {
  const std::string whole = small_file();
  const TemporaryFolder folder;
  std::ofstream(folder / "x.h5", std::ios::binary) << with_number(whole, "GCOL", 16, 2, 2);
  const Hdf5File file = open_file(folder / "x.h5");
  EXPECT_THROW(file.attribute("group", "name"), ModelError);
}

}  // namespace
}  // namespace nadir
