#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace doclayout {

/// Answers one request after another with bytes of the test's own, each on a connection of its own unless the answer
/// keeps it. Its URL, without a path, is there at once.
class ScriptedServer {
 public:
  struct Step {
    std::string answer;                      ///< empty: none, the connection is closed
    bool keep = false;                       ///< the next request comes on the same connection
    std::function<void()> before = nullptr;  ///< called when the request is there
    bool hold = false;                       ///< stay silent until the client has gone
  };

  explicit ScriptedServer(std::vector<Step> steps);
  /// Waits for the last step, or lets those be that nobody asked for.
  ~ScriptedServer();

  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  const std::string& url() const { return url_; }

  /// Ends it; then all requests as they came, head and body.
  const std::vector<std::string>& Requests();

 private:
  void Serve();
  std::string ReadRequest(int client) const;

  const std::vector<Step> steps_;
  const int listener_;
  std::string url_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

/// "HTTP/1.1 200 OK", with a body and further header lines, each with its "\r\n".
std::string HttpAnswer(const std::string& status, const std::string& body, const std::string& headers = "");

}  // namespace doclayout
