#include "fuzz/fuzz.h"
#include "nadir/model_file.h"

namespace nadir {

FuzzTarget fuzz_target() {
  const auto file = [](const std::string& header, const std::string& data) {
    const std::uint64_t length = header.size();
    return std::string(reinterpret_cast<const char*>(&length), 8) + header + data;
  };
  return {
      "safetensors",
      [](const std::filesystem::path& path) { read_safetensors(path); },
      {file("{}", ""), file(R"({"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}})", "12345678"),
       file(R"({"__metadata__":{"format":"pt","k":"v"},"a":{"dtype":"F16","shape":[],"data_offsets":[0,2]},)"
            R"("b":{"dtype":"BOOL","shape":[3],"data_offsets":[2,5]},)"
            R"("c":{"dtype":"I64","shape":[0,7],"data_offsets":[5,5]}})",
            "12101")}};
}

}  // namespace nadir
