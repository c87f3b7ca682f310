// A diffusers config.json, read strictly: what is not understood is an error and not a silent default.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "nadir/error.h"

namespace nadir {

// Fields are asked for by name; `finish` refuses those that nobody asked for and that are not off.
class CheckedJson {
 public:
  // `source` names the file in messages.
  CheckedJson(nlohmann::json object, std::string source);
  static CheckedJson read(const std::filesystem::path& file);

  // The field, or `fallback` where it is missing or null. Throws ModelError naming file and field for another
  // type.
  std::int64_t integer(const std::string& field, std::int64_t fallback);
  double number(const std::string& field, double fallback);
  bool flag(const std::string& field, bool fallback);
  std::string text(const std::string& field, const std::string& fallback);
  std::vector<std::int64_t> integers(const std::string& field, const std::vector<std::int64_t>& fallback);
  std::vector<std::string> texts(const std::string& field, const std::vector<std::string>& fallback);
  // One number for each of `count`, from a list of that length or from a number that stands for all.
  std::vector<std::int64_t> each(const std::string& field, std::size_t count, std::int64_t fallback);
  // The field must be missing or have this value: other ones are not supported.
  void only(const std::string& field, const nlohmann::json& value);
  // The field says nothing about the result (where the weights came from, how they were trained).
  void ignore(const std::vector<std::string>& fields);
  // Throws ModelError naming the first field that was not asked for, unless it is null, false or begins with
  // "_".
  void finish() const;
  [[noreturn]] void refuse(const std::string& field, const std::string& allowed) const;

 private:
  const nlohmann::json* find(const std::string& field);
  nlohmann::json object_;
  std::string source_;
  std::set<std::string> known_;
};

}  // namespace nadir
