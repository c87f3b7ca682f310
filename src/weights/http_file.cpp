#include "weights/http_file.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "core/text.h"
#include "nadir/nadir.h"

namespace nadir {
namespace {

namespace fs = std::filesystem;

constexpr long kConnectSeconds = 20, kSilentSeconds = 30, kMostRedirects = 5;
constexpr int kMostFruitless = 2;  // attempts in a row that bring nothing

// What the callbacks of one transfer share.
struct Transfer {
  PartFile& part;
  ProgressObserver& observer;
  std::string name;
  std::int64_t begun_at = 0;  // bytes that were there before
  bool disk_full = false;
};

std::size_t on_bytes(char* bytes, std::size_t, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.disk_full = !transfer.part.append({bytes, count});
  return transfer.disk_full ? 0 : count;
}

int on_progress(void* user, curl_off_t total, curl_off_t now, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::int64_t done = transfer.begun_at + now, all = total > 0 ? transfer.begun_at + total : 0;
  transfer.observer.progress(
      {"fetch " + transfer.name, done, all, human_bytes(done) + (all > 0 ? " of " + human_bytes(all) : "")});
  return stop_requested() ? 1 : 0;
}

struct Outcome {
  CURLcode code = CURLE_OK;
  long status = 0;
  std::string error;
};

void set_options(CURL* curl, const std::string& url, Transfer& transfer) {
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_USERAGENT, (std::string("nadir/") + version()).c_str());
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, kMostRedirects);
  curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, kSilentSeconds);
  curl_easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(transfer.begun_at));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
}

Outcome attempt(const std::string& url, Transfer& transfer) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  if (!curl) return {CURLE_FAILED_INIT, 0, "libcurl could not begin"};
  std::array<char, CURL_ERROR_SIZE> message{};
  set_options(curl.get(), url, transfer);
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, message.data());
  Outcome outcome;
  outcome.code = curl_easy_perform(curl.get());
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &outcome.status);
  outcome.error = message[0] != '\0' ? message.data() : curl_easy_strerror(outcome.code);
  return outcome;
}

bool is_broken_connection(CURLcode code) {
  return code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING ||
         code == CURLE_OPERATION_TIMEDOUT || code == CURLE_SEND_ERROR;
}

// The server cannot begin in the middle, or has nothing behind what we have.
bool cannot_continue(const Outcome& outcome) {
  return outcome.code == CURLE_RANGE_ERROR || outcome.code == CURLE_BAD_DOWNLOAD_RESUME ||
         outcome.status == 416;
}

[[noreturn]] void throw_errno(const fs::path& file, const char* what) {
  throw DataError(file.string() + ": " + what + ": " + std::strerror(errno));
}

}  // namespace

PartFile::PartFile(fs::path target) : target_(std::move(target)), path_(target_.string() + ".part") {
  std::error_code error;
  fs::create_directories(target_.parent_path(), error);
  if (error) throw DataError(target_.parent_path().string() + ": cannot be made: " + error.message());
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor_ < 0) throw_errno(path_, "cannot be written");
  ::flock(descriptor_, LOCK_EX);
}

PartFile::~PartFile() {
  // An empty one says nothing; without one the folder is as it was.
  if (descriptor_ >= 0 && size() == 0) ::unlink(path_.c_str());
  ::close(descriptor_);
}

std::int64_t PartFile::size() const {
  struct stat status {};
  return ::fstat(descriptor_, &status) == 0 ? status.st_size : 0;
}

bool PartFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void PartFile::clear() {
  if (::ftruncate(descriptor_, 0) != 0) throw_errno(path_, "cannot be cut to nothing");
}

void PartFile::commit() {
  if (::fsync(descriptor_) != 0) throw_errno(path_, "cannot be written");
  if (::rename(path_.c_str(), target_.c_str()) != 0) throw_errno(target_, "cannot be written");
}

std::string fetch_http(const std::string& url, PartFile& part, ProgressObserver& observer) {
  for (int fruitless = 0; true;) {
    Transfer transfer{part, observer, url.substr(url.rfind('/') + 1), part.size()};
    const Outcome outcome = attempt(url, transfer);
    if (outcome.code == CURLE_OK) return "";
    if (stop_requested())
      throw Interrupted("stopped while fetching " + url + "; the next attempt goes on there");
    if (transfer.disk_full) throw_errno(part.path(), "cannot be written");
    if (transfer.begun_at > 0 && cannot_continue(outcome)) {
      part.clear();
      continue;
    }
    fruitless = part.size() > transfer.begun_at ? 0 : fruitless + 1;
    if (!is_broken_connection(outcome.code) || fruitless >= kMostFruitless) {
      return "could not be fetched: " + outcome.error;
    }
  }
}

}  // namespace nadir
