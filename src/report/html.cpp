#include "report/html.h"

#include <cstdint>

namespace nadir::html {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// Bytes of the UTF-8 sequence that begins with `lead`; 0 for a byte that begins none.
std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// The well-formed sequence at the front of `bytes` (not empty), or "". Table 3-7 of the Unicode standard.
std::string_view utf8_sequence(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const std::size_t length = sequence_length(at(0));
  if (length == 0 || length > bytes.size()) return {};
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0U) != 0x80) return {};
  }
  const bool overlong = (at(0) == 0xE0 && at(1) < 0xA0) || (at(0) == 0xF0 && at(1) < 0x90);
  const bool surrogate = at(0) == 0xED && at(1) > 0x9F;
  const bool beyond = at(0) == 0xF4 && at(1) > 0x8F;
  return overlong || surrogate || beyond ? std::string_view{} : bytes.substr(0, length);
}

// What stands for a one-byte character.
std::string_view reference(const std::string_view& character) {
  switch (character.front()) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    case '\n':
    case '\t':
      return character;
    default:
      return static_cast<unsigned char>(character.front()) < 0x20 || character.front() == 0x7F ? kReplacement
                                                                                               : character;
  }
}

std::string opening(std::string_view name, Attributes attributes) {
  std::string tag = "<";
  tag += name;
  for (const auto& [key, value] : attributes) {
    if (key.empty()) continue;
    tag.append(" ").append(key).append("=\"").append(escape(value)).append("\"");
  }
  return tag += ">";
}

}  // namespace

std::string escape(std::string_view plain) {
  std::string escaped;
  escaped.reserve(plain.size());
  while (!plain.empty()) {
    const std::string_view sequence = utf8_sequence(plain);
    if (sequence.empty()) {
      escaped += kReplacement;
    } else {
      escaped += sequence.size() == 1 ? reference(sequence) : sequence;
    }
    plain.remove_prefix(sequence.empty() ? 1 : sequence.size());
  }
  return escaped;
}

std::string base64(std::string_view bytes) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string encoded;
  encoded.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t first = 0; first < bytes.size(); first += 3) {
    const std::string_view group = bytes.substr(first, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      bits = bits << 8U | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      encoded += i <= group.size() ? kDigits[bits >> (18 - 6 * i) & 63U] : '=';
    }
  }
  return encoded;
}

Markup text(std::string_view plain) { return Markup(escape(plain)); }

Markup element(std::string_view name, Attributes attributes, const Markup& content) {
  std::string whole = opening(name, attributes);
  whole.reserve(whole.size() + content.string().size() + name.size() + 3);
  whole.append(content.string()).append("</").append(name).append(">");
  return Markup(std::move(whole));
}

Markup element(std::string_view name, const Markup& content) { return element(name, {}, content); }

Markup void_element(std::string_view name, Attributes attributes) {
  return Markup(opening(name, attributes));
}

}  // namespace nadir::html
