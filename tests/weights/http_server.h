// A web server for one file, whatever it is called, on 127.0.0.1, on a thread of its own.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

namespace nadir {

struct HttpReply {
  std::string status = "200 OK";
  std::string headers = "";  // beside Content-Length, each with its line end
  std::string body = "";
  std::size_t send = std::string::npos;  // bytes of the body before the connection is cut
};

class HttpServer {
 public:
  // `reply` gets the first byte that the client asks for (0 without a Range) and the number of the request
  // from 1.
  using Reply = std::function<HttpReply(std::size_t, int)>;
  explicit HttpServer(Reply reply) : reply_(std::move(reply)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 8) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("no port for a test's web server");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  // Gives the parts of the file that are asked for.
  explicit HttpServer(std::string file) : HttpServer(Reply()) { file_ = std::move(file); }
  ~HttpServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::string url(const std::string& name) const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/" + name;
  }
  int requests() const { return requests_; }

 private:
  void serve() {
    for (;;) {
      const int client = ::accept(listener_, nullptr, nullptr);
      if (client < 0) return;
      answer(client);
      ::close(client);
    }
  }
  void answer(int client) {
    std::string request;
    char byte = 0;
    while (!request.ends_with("\r\n\r\n") && ::recv(client, &byte, 1, 0) == 1) request += byte;
    const std::string range = "Range: bytes=";
    const std::size_t found = request.find(range);
    const std::size_t first =
        found == std::string::npos ? 0 : std::stoul(request.substr(found + range.size()));
    ++requests_;
    const HttpReply reply = reply_ ? reply_(first, requests_) : part_of_file(request, first);
    const std::string bytes = "HTTP/1.1 " + reply.status + "\r\nConnection: close\r\nContent-Length: " +
                              std::to_string(reply.body.size()) + "\r\n" + reply.headers + "\r\n" +
                              reply.body.substr(0, reply.send);
    for (std::size_t sent = 0; sent < bytes.size();) {
      const ssize_t count = ::send(client, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return;
      sent += static_cast<std::size_t>(count);
    }
  }

  // "Range: bytes=0-499": both ends are meant.
  HttpReply part_of_file(const std::string& request, std::size_t first) const {
    if (request.starts_with("HEAD")) return {"200 OK", "Accept-Ranges: bytes\r\n", file_, 0};
    const std::size_t dash = request.find('-', request.find("Range: bytes="));
    const bool open =
        dash == std::string::npos || !std::isdigit(static_cast<unsigned char>(request[dash + 1]));
    const std::size_t end =
        std::min(open ? file_.size() : std::stoul(request.substr(dash + 1)) + 1, file_.size());
    return {"206 Partial Content",
            "Content-Range: bytes " + std::to_string(first) + "-" + std::to_string(end - 1) + "/" +
                std::to_string(file_.size()) + "\r\n",
            file_.substr(first, end - first)};
  }

  Reply reply_;
  std::string file_;  // without a `reply_`
  int listener_ = -1, port_ = 0;
  std::atomic<int> requests_ = 0;
  std::thread thread_;
};

}  // namespace nadir
