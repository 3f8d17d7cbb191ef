#include "http/testing/test_client.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "http/ascii.h"

namespace doclayout::http {
namespace {

constexpr timeval kPatience{.tv_sec = 10, .tv_usec = 0};

}  // namespace

std::string TestAnswer::Header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

TestClient::TestClient(int port, std::optional<int> receive_buffer) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  if (receive_buffer) setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &*receive_buffer, sizeof *receive_buffer);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (socket_ < 0 || connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) Close();
}

TestClient::~TestClient() {
  Close();
}

bool TestClient::Send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool TestClient::Fill() {
  std::array<char, 64 * 1024> bytes;
  const ssize_t received = recv(socket_, bytes.data(), bytes.size(), 0);
  if (received <= 0) return false;
  buffer_.append(bytes.data(), static_cast<std::size_t>(received));
  return true;
}

std::string TestClient::ReceiveLine() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (!Fill()) return "";
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

TestAnswer TestClient::Receive(bool head) {
  TestAnswer answer;
  const std::string status_line = ReceiveLine();
  if (status_line.size() < 12) return answer;
  for (std::string line = ReceiveLine(); !line.empty(); line = ReceiveLine()) {
    const std::size_t colon = line.find(':');
    answer.headers[LowerCase(line.substr(0, colon))] = Trim(std::string_view(line).substr(colon + 1));
  }
  const std::string length_text = answer.Header("content-length");
  const std::size_t length = head || length_text.empty() ? 0 : std::stoul(length_text);
  while (buffer_.size() < length) {
    if (!Fill()) return answer;
  }
  answer.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  answer.status = std::stoi(status_line.substr(9, 3));
  return answer;
}

bool TestClient::IsClosedByServer() {
  char byte = 0;
  return buffer_.empty() && recv(socket_, &byte, 1, 0) == 0;
}

std::string TestClient::ReceiveAll() {
  while (Fill()) {
  }
  return std::exchange(buffer_, "");
}

void TestClient::Close() {
  if (socket_ >= 0) close(std::exchange(socket_, -1));
}

void TestClient::Reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  Close();
}

TestAnswer TestClient::Request(std::string_view bytes, bool head) {
  Send(bytes);
  return Receive(head);
}

std::string MakeRequest(std::string_view method, std::string_view target, std::string_view headers,
                        std::optional<std::string_view> body) {
  std::string request = fmt::format("{} {} HTTP/1.1\r\nHost: test\r\n{}", method, target, headers);
  if (body) request += fmt::format("Content-Length: {}\r\n", body->size());
  request += "\r\n";
  if (body) request += *body;
  return request;
}

}  // namespace doclayout::http
