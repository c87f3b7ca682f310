// Reading a page back in tests.
#pragma once

#include <string>
#include <vector>

namespace nadir::page {

// What is wrong with the nesting of the tags of `html`; "" when every element that begins also ends, in
// order.
std::string nesting_error(const std::string& html);
// The contents of every `<name …>…</name>` that holds no element of its own name, in order.
std::vector<std::string> elements(const std::string& html, const std::string& name);
// Without its tags, with the references of escape() resolved.
std::string plain(const std::string& html);
// How often `part` occurs.
int occurrences(const std::string& whole, const std::string& part);

}  // namespace nadir::page
