#include "weights/download.h"

#include <cstdlib>
#include <regex>

#include "nadir/error.h"
#ifdef NADIR_DOWNLOAD
#include "weights/http_file.h"
#include "weights/sha256.h"
#endif

namespace nadir {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

[[noreturn]] void give_up(const std::string& url, const fs::path& file, const std::string& why) {
  throw ModelError(url + ": " + why +
                   ". Without a connection, fetch it elsewhere and put it here: " + file.string());
}

#ifdef NADIR_DOWNLOAD
// A part of another version of the file makes a wrong hash; so a file that was continued gets a second
// chance.
void fetch_checked(const std::string& url, const fs::path& file, PartFile& part, ProgressObserver& observer) {
  const std::string expected = hash_in_name(file.filename().string());
  for (bool continued = part.size() > 0; true; continued = false) {
    const std::string why = fetch_http(url, part, observer);
    if (!why.empty()) give_up(url, file, why);
    const std::string found = sha256_of_file(part.path());
    if (found.starts_with(expected)) return;
    part.clear();
    if (!continued) {
      give_up(
          url, file,
          "what came has the SHA-256 " + found + ", the name promises " + expected + "…; it was thrown away");
    }
  }
}
#endif

}  // namespace

fs::path cache_folder() {
  if (const std::string own = environment("NADIR_CACHE"); !own.empty()) return own;
  if (const std::string user = environment("XDG_CACHE_HOME"); !user.empty()) return fs::path(user) / "nadir";
  if (const std::string home = environment("HOME"); !home.empty()) return fs::path(home) / ".cache" / "nadir";
  throw ConfigError("there is no folder for fetched weights: set NADIR_CACHE");
}

std::string hash_in_name(const std::string& name) {
  static const std::regex pattern("-([0-9a-f]{8,64})\\.[a-z]+$");
  std::smatch found;
  return std::regex_search(name, found, pattern) ? found[1].str() : "";
}

fs::path fetch(const std::string& url, const fs::path& folder, ProgressObserver& observer) {
  const fs::path file = folder / url.substr(url.rfind('/') + 1);
  if (fs::exists(file)) return file;
#ifdef NADIR_DOWNLOAD
  PartFile part(file);  // waits for another process that fetches the same
  if (fs::exists(file)) return file;
  fetch_checked(url, file, part, observer);
  part.commit();
  observer.message("fetched " + url + " to " + file.string());
  return file;
#else
  static_cast<void>(observer);
  give_up(url, file, "is not in the cache, and this nadir was built without libcurl (-DNADIR_DOWNLOAD=ON)");
#endif
}

}  // namespace nadir
