// PyTorch's checkpoints. tests/data/weights/make.py made the files with PyTorch 2.13.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <fstream>
#include <iterator>

#include "nadir/error.h"
#include "temporary_folder.h"
#include "weights/torch_writer.h"
#include "weights/weight_file.h"
#include "weights/zip_writer.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

const fs::path kData = fs::path(NADIR_TEST_DATA) / "weights";

std::string bytes_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}
void put(const fs::path& file, const std::string& bytes) { std::ofstream(file, std::ios::binary) << bytes; }

std::map<std::string, torch::Tensor> tensors_of(const WeightGroup& group) {
  std::map<std::string, torch::Tensor> tensors;
  for (const WeightEntry& each : group.entries) {
    tensors[each.name] = each.read();
    EXPECT_EQ(tensors[each.name].sizes(), torch::IntArrayRef(each.shape)) << each.name;
    EXPECT_EQ(tensors[each.name].scalar_type(), each.type) << each.name;
  }
  return tensors;
}
std::map<std::string, torch::Tensor> read_all(const fs::path& file) {
  const WeightFile weights = open_weights(file);
  EXPECT_EQ(weights.groups.size(), 1U);
  return tensors_of(weights.groups.at(0));
}
// Reads everything, as a converter would.
std::string error_of(const fs::path& file) {
  try {
    for (const WeightGroup& each : open_weights(file).groups) tensors_of(each);
  } catch (const ModelError& error) {
    return error.what();
  }
  return "no error";
}

class EveryForm : public testing::TestWithParam<const char*> {};

TEST_P(EveryForm, KeepsTypesShapesAndValues) {
  const auto tensors = read_all(kData / GetParam());
  ASSERT_EQ(tensors.size(), 18U);
  const torch::Tensor six = torch::arange(6).reshape({2, 3}), row = torch::arange(12, torch::kFloat32);
  const std::map<std::string, torch::ScalarType> types = {
      {"float64", torch::kFloat64},   {"float32", torch::kFloat32}, {"float16", torch::kFloat16},
      {"bfloat16", torch::kBFloat16}, {"int64", torch::kInt64},     {"int32", torch::kInt32},
      {"int16", torch::kInt16},       {"int8", torch::kInt8},       {"uint8", torch::kUInt8}};
  for (const auto& [name, type] : types) {
    EXPECT_EQ(tensors.at(name).scalar_type(), type);
    EXPECT_TRUE(torch::equal(tensors.at(name), six.to(type))) << name;
  }
  EXPECT_TRUE(torch::equal(tensors.at("bool"), torch::tensor({true, false, true})));
  EXPECT_TRUE(torch::equal(tensors.at("transposed"), row.reshape({3, 4}).t()));
  EXPECT_TRUE(torch::equal(tensors.at("offset"), row.slice(0, 4, 10)));
  EXPECT_TRUE(torch::equal(tensors.at("strided"), row.slice(0, 1, 12, 4)));
  EXPECT_TRUE(torch::equal(tensors.at("shared"), row));
  EXPECT_TRUE(torch::equal(tensors.at("scalar"), torch::tensor(2.5)));
  EXPECT_TRUE(torch::equal(tensors.at("empty"), torch::empty({0, 4})));
  EXPECT_TRUE(torch::equal(tensors.at("parameter"), torch::tensor({1.0, -1.0})));
  EXPECT_TRUE(torch::equal(tensors.at("expanded"), torch::full({2, 3}, 7.0)));
  // One storage, read once.
  EXPECT_EQ(tensors.at("offset").storage().data(), tensors.at("shared").storage().data());
}

TEST_P(EveryForm, RefusesEveryTruncation) {
  const TemporaryFolder folder;
  const std::string good = bytes_of(kData / GetParam());
  for (std::size_t size = 0; size < good.size(); size += 7) {
    put(folder / "x.pth", good.substr(0, size));
    EXPECT_NE(error_of(folder / "x.pth"), "no error") << size << " bytes of " << good.size();
  }
}

INSTANTIATE_TEST_SUITE_P(Files, EveryForm,
                         testing::Values("types.pth", "types.legacy.pth", "types.deflated.pth"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST(TorchFileTest, DictsOfACheckpointAreGroupsUnderTheirPaths) {
  const WeightFile weights = open_weights(kData / "checkpoint.pth");
  ASSERT_FALSE(weights.groups.empty());
  EXPECT_EQ(weights.groups[0].path, "state_dict");
  const auto tensors = tensors_of(weights.groups[0]);
  ASSERT_TRUE(tensors.contains("module.conv.weight"));
  EXPECT_TRUE(torch::equal(tensors.at("module.conv.bias"), torch::tensor({100.0, 101.0})));
  EXPECT_EQ(weights.groups[1].path, "optimizer.state.0");
  EXPECT_TRUE(tensors_of(weights.groups[1]).contains("exp_avg"));
}

TEST(TorchFileTest, AlteredBytesAreRefusedByTheirChecksum) {
  const TemporaryFolder folder;
  std::string bytes = bytes_of(kData / "checkpoint.pth");
  const std::string one_hundred("\x00\x00\xc8\x42", 4);  // the convolution's first bias
  const std::size_t place = bytes.find(one_hundred);
  ASSERT_NE(place, std::string::npos);
  bytes[place] = 1;
  put(folder / "x.pth", bytes);
  EXPECT_NE(error_of(folder / "x.pth").find("its checksum does not fit"), std::string::npos);
}

// A checkpoint of hand-made parts.
struct Parts {
  std::string pickle;
  std::string storage = std::string(16, '\0');
  std::string order = "little";
};
void put_zip(const fs::path& file, const Parts& parts, std::uint64_t zip64_from = 0xffffffff) {
  std::ofstream stream(file, std::ios::binary);
  ZipWriter archive(stream, 64, zip64_from);
  archive.add("x/data.pkl", parts.pickle);
  archive.add("x/byteorder", parts.order);
  archive.add("x/data/0", parts.storage);
  archive.finish();
}
std::string text_opcode(const std::string& text) {
  return "\x8c" + std::string(1, static_cast<char>(text.size())) + text;
}
std::string tuple_of(const std::vector<int>& values) {
  std::string bytes = "(";
  for (const int each : values) bytes += "J" + std::string(reinterpret_cast<const char*>(&each), 4);
  return bytes + "t";
}
// {"w": a tensor of four float32} with this offset, shape and strides.
std::string pickle_of(int offset, const std::vector<int>& shape, const std::vector<int>& strides,
                      const std::string& key = "0", const std::string& type = "FloatStorage") {
  return "\x80\x02}" + text_opcode("w") + "ctorch._utils\n_rebuild_tensor_v2\n((" + text_opcode("storage") +
         "ctorch\n" + type + "\n" + text_opcode(key) + text_opcode("cpu") + "K\x04tQJ" +
         std::string(reinterpret_cast<const char*>(&offset), 4) + tuple_of(shape) + tuple_of(strides) +
         "\x89"
         "NtRs.";
}
std::string zip_error(const Parts& parts) {
  const TemporaryFolder folder;
  put_zip(folder / "x.pth", parts);
  return error_of(folder / "x.pth");
}

TEST(TorchFileTest, BigEndianStoragesAreTurned) {
  const TemporaryFolder folder;
  put_zip(folder / "x.pth",
          {pickle_of(0, {4}, {1}), std::string("\x3f\x80\0\0\x40\0\0\0\0\0\0\0\0\0\0\0", 16), "big"});
  EXPECT_TRUE(torch::equal(read_all(folder / "x.pth").at("w"), torch::tensor({1.0, 2.0, 0.0, 0.0})));
}

TEST(TorchFileTest, Zip64IsRead) {
  const TemporaryFolder folder;
  put_zip(folder / "x.pth", {pickle_of(0, {2, 2}, {2, 1})}, /*zip64_from=*/0);
  EXPECT_TRUE(torch::equal(read_all(folder / "x.pth").at("w"), torch::zeros({2, 2})));
}

TEST(TorchFileTest, WhatIsNoTensorOrContainerIsRefusedByName) {
  const auto refused = [](const std::string& pickle, const std::string& part) {
    const std::string message = zip_error({pickle});
    EXPECT_NE(message.find(part), std::string::npos) << message;
    EXPECT_NE(message.find("x.pth"), std::string::npos) << message;
  };
  refused(
      "\x80\x02"
      "cposix\nsystem\nX\x04\0\0\0echo\x85R.",
      "'posix.system' is refused");
  refused("\x80\x04" + text_opcode("os") + text_opcode("popen") + "\x93.", "'os.popen' is refused");
  refused(
      "\x80\x02"
      "cbuiltins\neval\n.",
      "'builtins.eval' is refused");
  refused(
      "\x80\x02"
      "ctorch\nload\n.",
      "'torch.load' is refused");
  refused("\x80\x02(Vecho\ni__main__\nRun\n.", "opcode UNICODE is refused");
  refused("\x80\x02(i__main__\nRun\n.", "opcode INST is refused");
  refused("\x80\x02(o.", "opcode OBJ is refused");
  refused("\x80\x02\x82\x01.", "opcode EXT1 is refused");
  refused("\x80\x02Vtext\n.", "opcode UNICODE is refused");
  refused("\x80\x02\xff.", "unknown opcode 0xff");
  refused("\x80\x02]b.", "empty stack");
  refused("\x80\x02]]b.", "opcode BUILD is refused");
  refused("\x80\x02]]R.", "calls what is not the name of a function");
  refused("\x80\x02}}a.", "not a container");
  refused("\x80\x02h\x07.", "never kept");
  refused("\x80\x02t.", "a mark that was never set");
  refused("\x80\x02X\xff\xff\xff\x7f.", "a text would have");
  refused("\x80\x02", "ends early");
  refused("\x80\x02}.", "without a dict of tensors");
}

TEST(TorchFileTest, TensorsOutsideTheirStoragesAreRefused) {
  const auto refused = [](const std::string& pickle, const std::string& part) {
    const std::string message = zip_error({pickle});
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  EXPECT_EQ(zip_error({pickle_of(0, {4}, {1})}), "no error");
  refused(pickle_of(1, {4}, {1}), "lies outside");
  refused(pickle_of(0, {2, 2}, {3, 1}), "lies outside");
  refused(pickle_of(-1, {1}, {1}), "impossible shape");
  refused(pickle_of(0, {-1}, {1}), "impossible shape");
  refused(pickle_of(0, {2}, {-1}), "impossible shape");
  refused(pickle_of(0, {2}, {1, 1}), "impossible shape");
  refused(pickle_of(0, {1 << 30, 1 << 30, 1 << 30}, {0, 0, 0}), "impossible shape");
  refused(pickle_of(0, {1 << 30}, {0}), "expanded to 1073741824 numbers");
  refused(pickle_of(0, {4}, {1}, "7"), "no storage '7'");
  refused(pickle_of(0, {4}, {1}, "0", "DoubleStorage"), "fewer bytes than its tensors need");
  refused(pickle_of(0, {4}, {1}, "0", "QInt8Storage"), "'torch.QInt8Storage' is refused");
}

TEST(TorchFileTest, ContainersThatHoldThemselvesAreRead) {
  EXPECT_EQ(zip_error({"\x80\x02}q\x01" + text_opcode("self") + "h\x01s" + pickle_of(0, {4}, {1}).substr(3)}),
            "no error");
}

TEST(TorchFileTest, OtherFilesAreNamed) {
  const TemporaryFolder folder;
  const auto says = [&](const std::string& bytes, const std::string& part) {
    put(folder / "x.bin", bytes);
    EXPECT_NE(error_of(folder / "x.bin").find(part), std::string::npos) << error_of(folder / "x.bin");
  };
  says("", "is empty");
  says("hello", "no file of weights that nadir reads");
  says("\x80\x03}.", "bare Python pickle");
  says(std::string(257, '\0') + "ustar", "tar archive");
  EXPECT_NE(error_of(folder / "none.pth").find("there is no such file"), std::string::npos);
  EXPECT_NE(error_of(folder.path()).find("is a folder"), std::string::npos);
}

TEST(TorchWriterTest, WhatIsWrittenReadsBackTheSame) {
  const TemporaryFolder folder;
  const std::vector<std::pair<std::string, torch::Tensor>> written = {
      {"a.weight", torch::arange(6, torch::kFloat32).reshape({2, 3}).t()},
      {"scalar", torch::tensor(3.5, torch::kFloat64)},
      {"empty", torch::empty({0, 4})},
      {"half", torch::ones({3}, torch::kFloat16)},
      {"count", torch::tensor(7, torch::kInt64)},
      {"mask", torch::tensor({true, false})}};
  write_torch(folder / "x.pth", written);
  const WeightFile read = open_weights(folder / "x.pth");
  ASSERT_EQ(read.groups.at(0).entries.size(), written.size());
  for (std::size_t i = 0; i < written.size(); ++i) {
    EXPECT_EQ(read.groups[0].entries[i].name, written[i].first);
    EXPECT_TRUE(torch::equal(read.groups[0].entries[i].read(), written[i].second)) << written[i].first;
  }
  EXPECT_THROW(write_torch(folder / "y.pth", {{"a", torch::zeros({1}, torch::kUInt16)}}), ModelError);
  EXPECT_FALSE(fs::exists(folder / "y.pth"));
}

}  // namespace
}  // namespace nadir
