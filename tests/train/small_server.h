// An HTTP server of a few lines, on a port of its own, for what talks to servers.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace nadir {

class SmallServer {
 public:
  struct Request {
    std::string line;  // "POST /api/…"
    std::string body;
  };
  struct Answer {
    int status = 200;
    std::string body;
  };
  // Without an answerer it takes connections and never says a word.
  explicit SmallServer(std::function<Answer(const Request&)> answerer) : answerer_(std::move(answerer)) {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (listener_ < 0 || bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(listener_, 16) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("no port to listen at");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~SmallServer() {
    stopping_ = true;
    thread_.join();
    close(listener_);
  }
  SmallServer(const SmallServer&) = delete;
  SmallServer& operator=(const SmallServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::vector<Request> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void serve() {
    std::vector<int> silent;
    while (!stopping_) {
      pollfd ready{listener_, POLLIN, 0};
      if (poll(&ready, 1, 20) != 1) continue;
      const int peer = accept(listener_, nullptr, nullptr);
      if (peer < 0) continue;
      if (!answerer_) {
        silent.push_back(peer);
        continue;
      }
      answer(peer);
      close(peer);
    }
    for (const int peer : silent) close(peer);
  }

  void answer(int peer) {
    std::string text;
    std::size_t body_begin = std::string::npos, body_size = 0;
    std::array<char, 4096> buffer{};
    while (body_begin == std::string::npos || text.size() < body_begin + body_size) {
      const ssize_t count = recv(peer, buffer.data(), buffer.size(), 0);
      if (count <= 0) return;
      text.append(buffer.data(), static_cast<std::size_t>(count));
      const std::size_t end = text.find("\r\n\r\n");
      if (end == std::string::npos || body_begin != std::string::npos) continue;
      body_begin = end + 4;
      const std::size_t length = text.find("Content-Length: ");
      if (length < end) body_size = std::stoul(text.substr(length + 16));
    }
    const Request request{text.substr(0, text.find(" HTTP")), text.substr(body_begin)};
    const Answer answer = answerer_(request);
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    const std::string reply = "HTTP/1.1 " + std::to_string(answer.status) +
                              " -\r\nContent-Length: " + std::to_string(answer.body.size()) +
                              "\r\nConnection: close\r\n\r\n" + answer.body;
    static_cast<void>(send(peer, reply.data(), reply.size(), MSG_NOSIGNAL));
  }

  std::function<Answer(const Request&)> answerer_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::vector<Request> requests_;
  std::thread thread_;
};

}  // namespace nadir
