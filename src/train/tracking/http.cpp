#include "train/tracking/http.h"

#include <curl/curl.h>

#include <array>
#include <memory>

#include "nadir/error.h"
#include "nadir/nadir.h"

namespace nadir {
namespace {

constexpr long kConnectSeconds = 3, kSeconds = 10;

std::size_t on_bytes(char* bytes, std::size_t, std::size_t count, void* user) {
  static_cast<std::string*>(user)->append(bytes, count);
  return count;
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(user)->load() ? 1 : 0;
}

// libcurl's variadic setter, for any option.
template <class Value>
void set(CURL* curl, CURLoption option, Value value) {
  curl_easy_setopt(curl, option, value);
}

}  // namespace

HttpAnswer http_json(const std::string& method, const std::string& url, const std::string& body,
                     const std::atomic<bool>& cancelled) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(
      curl_slist_append(nullptr, "Content-Type: application/json"), curl_slist_free_all);
  if (!curl || !headers) throw Error("libcurl could not begin");
  HttpAnswer answer;
  std::array<char, CURL_ERROR_SIZE> reason{};
  set(curl.get(), CURLOPT_URL, url.c_str());
  set(curl.get(), CURLOPT_USERAGENT, (std::string("nadir/") + version()).c_str());
  set(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  set(curl.get(), CURLOPT_NOSIGNAL, 1L);
  set(curl.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  set(curl.get(), CURLOPT_TIMEOUT, kSeconds);
  set(curl.get(), CURLOPT_ERRORBUFFER, reason.data());
  set(curl.get(), CURLOPT_WRITEFUNCTION, on_bytes);
  set(curl.get(), CURLOPT_WRITEDATA, &answer.body);
  set(curl.get(), CURLOPT_NOPROGRESS, 0L);
  set(curl.get(), CURLOPT_XFERINFOFUNCTION, on_progress);
  set(curl.get(), CURLOPT_XFERINFODATA, const_cast<std::atomic<bool>*>(&cancelled));
  if (method == "POST") {
    set(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    set(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
  }
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) {
    throw Error(url + ": " + (reason[0] != 0 ? reason.data() : curl_easy_strerror(code)));
  }
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

std::string url_encoded(const std::string& word) {
  const std::unique_ptr<char, decltype(&curl_free)> text(
      curl_easy_escape(nullptr, word.c_str(), static_cast<int>(word.size())), curl_free);
  return text ? text.get() : word;
}

}  // namespace nadir
