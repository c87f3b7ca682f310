#include "models/diffusion/checked_json.h"

#include "nadir/runtime.h"

namespace nadir {

CheckedJson::CheckedJson(nlohmann::json object, std::string source)
    : object_(std::move(object)), source_(std::move(source)) {
  if (!object_.is_object()) throw ModelError(source_ + ": is not a JSON object");
}

CheckedJson CheckedJson::read(const std::filesystem::path& file) {
  const nlohmann::json parsed =
      nlohmann::json::parse(read_text_file(file), nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) throw ModelError(file.string() + ": is not JSON");
  return {parsed, file.string()};
}

const nlohmann::json* CheckedJson::find(const std::string& field) {
  known_.insert(field);
  const auto found = object_.find(field);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void CheckedJson::refuse(const std::string& field, const std::string& allowed) const {
  throw ModelError(source_ + ": " + field + " is " + object_.at(field).dump() + "; supported: " + allowed);
}

std::int64_t CheckedJson::integer(const std::string& field, std::int64_t fallback) {
  const nlohmann::json* value = find(field);
  if (!value) return fallback;
  if (!value->is_number_integer()) refuse(field, "a whole number");
  return value->get<std::int64_t>();
}

double CheckedJson::number(const std::string& field, double fallback) {
  const nlohmann::json* value = find(field);
  if (!value) return fallback;
  if (!value->is_number()) refuse(field, "a number");
  return value->get<double>();
}

bool CheckedJson::flag(const std::string& field, bool fallback) {
  const nlohmann::json* value = find(field);
  if (!value) return fallback;
  if (!value->is_boolean()) refuse(field, "true or false");
  return value->get<bool>();
}

std::string CheckedJson::text(const std::string& field, const std::string& fallback) {
  const nlohmann::json* value = find(field);
  if (!value) return fallback;
  if (!value->is_string()) refuse(field, "a text");
  return value->get<std::string>();
}

namespace {

template <class T>
bool all_of_type(const nlohmann::json& list) {
  if (!list.is_array()) return false;
  for (const nlohmann::json& element : list) {
    if (std::is_same_v<T, std::string> ? !element.is_string() : !element.is_number_integer()) return false;
  }
  return true;
}

}  // namespace

std::vector<std::int64_t> CheckedJson::integers(const std::string& field,
                                                const std::vector<std::int64_t>& fallback) {
  const nlohmann::json* value = find(field);
  if (!value) return fallback;
  if (!all_of_type<std::int64_t>(*value)) refuse(field, "a list of whole numbers");
  return value->get<std::vector<std::int64_t>>();
}

std::vector<std::string> CheckedJson::texts(const std::string& field,
                                            const std::vector<std::string>& fallback) {
  const nlohmann::json* value = find(field);
  if (!value) return fallback;
  if (!all_of_type<std::string>(*value)) refuse(field, "a list of texts");
  return value->get<std::vector<std::string>>();
}

std::vector<std::int64_t> CheckedJson::each(const std::string& field, std::size_t count,
                                            std::int64_t fallback) {
  const nlohmann::json* value = find(field);
  if (!value) return std::vector<std::int64_t>(count, fallback);
  if (value->is_number_integer()) return std::vector<std::int64_t>(count, value->get<std::int64_t>());
  std::vector<std::int64_t> list = integers(field, {});
  if (list.size() != count) refuse(field, "a number, or a list of " + std::to_string(count));
  return list;
}

void CheckedJson::only(const std::string& field, const nlohmann::json& value) {
  const nlohmann::json* found = find(field);
  if (found && *found != value) refuse(field, value.dump());
}

void CheckedJson::ignore(const std::vector<std::string>& fields) {
  known_.insert(fields.begin(), fields.end());
}

void CheckedJson::finish() const {
  for (const auto& [field, value] : object_.items()) {
    const bool off = value.is_null() || value == false;
    if (off || field.starts_with("_") || known_.contains(field)) continue;
    throw ModelError(source_ + ": " + field + " = " + value.dump() + " is not supported");
  }
}

}  // namespace nadir
