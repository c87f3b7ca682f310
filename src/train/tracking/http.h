// JSON over HTTP, as much of it as a tracking server wants.
#pragma once

#include <atomic>
#include <string>

namespace nadir {

struct HttpAnswer {
  long status = 0;  // 200
  std::string body;
};

// Sends `body` as JSON (method POST), or asks (GET, no body). Gives up after seconds, not minutes, and soon
// after `cancelled` is set. Throws Error when no answer comes; any status is an answer.
HttpAnswer http_json(const std::string& method, const std::string& url, const std::string& body,
                     const std::atomic<bool>& cancelled);
// A word as part of an URL's query.
std::string url_encoded(const std::string& word);

}  // namespace nadir
