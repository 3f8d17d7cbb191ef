#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace doclayout::http {

/// What a server sent back.
struct TestAnswer {
  int status = 0;                              ///< 0: the connection ended without an answer
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;

  std::string Header(const std::string& name) const;
};

/// A raw TCP client for tests, which can send what no decent client would. Blocks, for at most ten seconds a call: a
/// test that hangs fails. Not thread-safe.
class TestClient {
 public:
  /// Connects to 127.0.0.1. `receive_buffer` bytes of kernel memory where given: a slow reader has little.
  explicit TestClient(int port, std::optional<int> receive_buffer = std::nullopt);
  ~TestClient();

  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  /// False once the server has gone.
  bool Send(std::string_view bytes) const;

  /// One answer: up to its Content-Length, or no body for an answer to HEAD. Bytes behind it wait for the next call.
  TestAnswer Receive(bool head = false);

  /// The next line without its end, as "HTTP/1.1 100 Continue".
  std::string ReceiveLine();

  /// True when the server closes without sending anything more.
  bool IsClosedByServer();

  /// Everything until the server closes.
  std::string ReceiveAll();

  /// Closes so that the server sees an end (FIN), or a reset (RST).
  void Close();
  void Reset();

  /// Sends a request and receives its answer.
  TestAnswer Request(std::string_view bytes, bool head = false);

 private:
  bool Fill();

  int socket_;
  std::string buffer_;
};

/// A request with `Host`, the given headers (each with its line end) and, for a body, its Content-Length.
std::string MakeRequest(std::string_view method, std::string_view target, std::string_view headers = "",
                        std::optional<std::string_view> body = std::nullopt);

}  // namespace doclayout::http
