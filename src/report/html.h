// Markup as a type of its own, so that text from users cannot reach a page without being escaped.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace nadir::html {

// A piece of a page. Made by text(), element() and void_element(), which escape what they are given.
class Markup {
 public:
  Markup() = default;
  // Text that is markup already: literals of ours only.
  static Markup trusted(std::string_view literal) { return Markup(std::string(literal)); }

  const std::string& string() const { return string_; }
  bool empty() const { return string_.empty(); }
  Markup& operator+=(const Markup& other) {
    string_ += other.string_;
    return *this;
  }
  friend Markup operator+(Markup left, const Markup& right) { return left += right; }

 private:
  explicit Markup(std::string string) : string_(std::move(string)) {}
  friend Markup text(std::string_view plain);
  using Attributes = std::initializer_list<std::pair<std::string_view, std::string>>;
  friend Markup element(std::string_view name, Attributes attributes, const Markup& content);
  friend Markup void_element(std::string_view name, Attributes attributes);

  std::string string_;
};

// An empty name's pair is left out; a value is escaped.
using Attributes = std::initializer_list<std::pair<std::string_view, std::string>>;

// Plain text, escaped.
Markup text(std::string_view plain);
// <name attributes>content</name>
Markup element(std::string_view name, Attributes attributes, const Markup& content = {});
Markup element(std::string_view name, const Markup& content);
// <name attributes>, for elements that have no end: img, meta.
Markup void_element(std::string_view name, Attributes attributes);

// The five characters that mean something in HTML become references; bytes that are not UTF-8 and control
// characters become U+FFFD, so that a page is valid whatever a file is called.
std::string escape(std::string_view plain);
// RFC 4648, with padding.
std::string base64(std::string_view bytes);

}  // namespace nadir::html
