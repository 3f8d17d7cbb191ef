#include "base/testing/scripted_server.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <utility>

namespace doclayout {

ScriptedServer::ScriptedServer(std::vector<Step> steps)
    : steps_(std::move(steps)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || bind(listener_, generic, length) != 0 || listen(listener_, 8) != 0 ||
      getsockname(listener_, generic, &length) != 0) {
    std::abort();
  }
  url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  thread_ = std::thread([this] { Serve(); });
}

ScriptedServer::~ScriptedServer() {
  Requests();
  close(listener_);
}

const std::vector<std::string>& ScriptedServer::Requests() {
  shutdown(listener_, SHUT_RDWR);
  if (thread_.joinable()) thread_.join();
  return requests_;
}

void ScriptedServer::Serve() {
  int client = -1;
  for (const Step& step : steps_) {
    if (client < 0) client = accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    requests_.push_back(ReadRequest(client));
    if (step.before) step.before();
    send(client, step.answer.data(), step.answer.size(), MSG_NOSIGNAL);
    std::array<char, 64> more{};
    while (step.hold && read(client, more.data(), more.size()) > 0) {
    }
    if (step.keep) continue;
    close(std::exchange(client, -1));
  }
  if (client >= 0) close(client);
}

std::string ScriptedServer::ReadRequest(int client) const {
  constexpr std::string_view kLength = "Content-Length: ";
  std::string request;
  std::size_t wanted = std::string::npos;
  while (request.size() < wanted) {
    std::array<char, 4096> block{};
    const ssize_t count = read(client, block.data(), block.size());
    if (count <= 0) break;
    request.append(block.data(), static_cast<std::size_t>(count));
    const std::size_t head = request.find("\r\n\r\n");
    if (head == std::string::npos) continue;
    const std::size_t length = request.find(kLength);
    const bool has_body = length < head;
    wanted = head + 4 + (has_body ? std::strtoul(request.c_str() + length + kLength.size(), nullptr, 10) : 0);
  }
  return request;
}

std::string HttpAnswer(const std::string& status, const std::string& body, const std::string& headers) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
}

}  // namespace doclayout
