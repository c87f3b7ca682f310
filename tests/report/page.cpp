#include "report/page.h"

#include <regex>
#include <set>

namespace nadir::page {
namespace {

std::string name_of(const std::string& tag) {
  const std::size_t first = tag[1] == '/' ? 2 : 1;
  return tag.substr(first, tag.find_first_of(" >", first) - first);
}

}  // namespace

std::string nesting_error(const std::string& html) {
  static const std::set<std::string> kVoid = {"meta", "img", "!doctype"};
  std::vector<std::string> open;
  for (std::size_t at = 0; (at = html.find('<', at)) != std::string::npos;) {
    const std::size_t end = html.find('>', at);
    if (end == std::string::npos) return "a tag without end: " + html.substr(at, 40);
    const std::string tag = html.substr(at, end + 1 - at);
    const std::string name = name_of(tag);
    at = end + 1;
    if (tag.find('<', 1) != std::string::npos) return "a tag within a tag: " + tag;
    if (kVoid.count(name) != 0) continue;
    if (tag[1] != '/') {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return "</" + name + "> ends " + (open.empty() ? "nothing" : "<" + open.back() + ">");
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> has no end";
}

std::vector<std::string> elements(const std::string& html, const std::string& name) {
  std::vector<std::string> found;
  for (std::size_t at = 0; (at = html.find("<" + name, at)) != std::string::npos;) {
    const std::size_t after = at + 1 + name.size();
    if (html[after] != ' ' && html[after] != '>') {
      at = after;
      continue;
    }
    const std::size_t first = html.find('>', at) + 1;
    const std::size_t end = html.find("</" + name + ">", first);
    found.push_back(html.substr(first, end - first));
    at = end;
  }
  return found;
}

std::string plain(const std::string& html) {
  std::string text = std::regex_replace(html, std::regex("<[^>]*>"), "");
  for (const auto& [reference, character] :
       {std::pair{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&amp;", "&"}}) {
    text = std::regex_replace(text, std::regex(reference), character);
  }
  return text;
}

int occurrences(const std::string& whole, const std::string& part) {
  int count = 0;
  for (std::size_t at = 0; (at = whole.find(part, at)) != std::string::npos; at += part.size()) ++count;
  return count;
}

}  // namespace nadir::page
