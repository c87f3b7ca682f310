// Sizes of memory and files out of text.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace nadir {

// "4096", "2 GiB", "2G", "1.5 GB": bytes, 1 to 9e18. K, M, G, T, alone or with iB, are powers of 1024; with
// B, of 1000. Upper and lower case are the same. Nothing for any other text.
std::optional<std::int64_t> parse_bytes(std::string_view text);

}  // namespace nadir
