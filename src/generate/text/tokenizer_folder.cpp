#include <nlohmann/json.hpp>
#include <sstream>

#include "generate/text/clip_tokenizer.h"
#include "nadir/error.h"
#include "nadir/runtime.h"

namespace nadir {
namespace {

nlohmann::json read_object(const std::filesystem::path& file) {
  nlohmann::json json = nlohmann::json::parse(read_text_file(file), nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) throw ModelError(file.string() + ": is not a JSON object");
  return json;
}

void read_merges(const std::filesystem::path& file, ClipVocabulary& vocabulary) {
  std::istringstream lines(read_text_file(file));
  std::int64_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || line.starts_with("#version")) continue;
    const std::size_t blank = line.find(' ');
    if (blank == std::string::npos || blank == 0 || blank + 1 == line.size() ||
        line.find(' ', blank + 1) != std::string::npos) {
      throw ModelError(file.string() + ", line " + std::to_string(number) + ": '" + line +
                       "' is not two tokens with a blank between");
    }
    vocabulary.merges.emplace_back(line.substr(0, blank), line.substr(blank + 1));
  }
}

// A token is written as a text, or as an object whose "content" it is.
void read_token(const nlohmann::json& map, const std::string& key, std::string& token) {
  const auto found = map.find(key);
  if (found == map.end() || found->is_null()) return;
  if (found->is_string()) token = found->get<std::string>();
  if (found->is_object() && found->contains("content")) token = found->at("content").get<std::string>();
}

}  // namespace

ClipTokenizer ClipTokenizer::load(const std::filesystem::path& folder) {
  ClipVocabulary vocabulary;
  const std::filesystem::path ids = folder / "vocab.json";
  const nlohmann::json tokens = read_object(ids);
  for (const auto& [token, id] : tokens.items()) {
    if (!id.is_number_integer())
      throw ModelError(ids.string() + ": the id of '" + token + "' is no whole number");
    vocabulary.ids.emplace(token, id.get<std::int64_t>());
  }
  read_merges(folder / "merges.txt", vocabulary);
  for (const char* name : {"tokenizer_config.json", "special_tokens_map.json"}) {
    if (!std::filesystem::exists(folder / name)) continue;
    const nlohmann::json map = read_object(folder / name);
    read_token(map, "bos_token", vocabulary.start);
    read_token(map, "eos_token", vocabulary.end);
    read_token(map, "pad_token", vocabulary.pad);
    const auto length = map.find("model_max_length");
    if (length != map.end() && length->is_number_integer()) vocabulary.length = length->get<std::int64_t>();
  }
  return ClipTokenizer(std::move(vocabulary));
}

}  // namespace nadir
