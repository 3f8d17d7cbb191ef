#include "probe/service.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <utility>

namespace doclayout::probe {
namespace {

using std::chrono::milliseconds;

/// A start that is not answered in this time is asked for again.
constexpr milliseconds kStartUpTimeout{5'000};

/// Of an answer: a report has some three thousand bytes.
constexpr std::size_t kLongestAnswer = std::size_t{64} << 10;

/// {"image": base64}.
std::string MakeBody(const std::string& page) {
  if (page.empty()) return "";
  constexpr std::string_view kBefore = R"({"image": ")";
  constexpr std::string_view kBehind = R"("})";
  const std::size_t length = (page.size() + 2) / 3 * 4;
  std::string body(kBefore);
  body.resize(kBefore.size() + length + 1);  // one more, for the zero byte that OpenSSL writes
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(body.data() + kBefore.size()),
                  reinterpret_cast<const unsigned char*>(page.data()), static_cast<int>(page.size()));
  body.resize(kBefore.size() + length);
  body += kBehind;
  return body;
}

client::Headers MakeHeaders(const std::string& api_key) {
  if (api_key.empty()) return {};
  return {{"Authorization", "Bearer " + api_key}};
}

std::string WithoutSlash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

}  // namespace

Result<std::unique_ptr<Service>> Service::Create(Options options, const Clock& clock) {
  if (!client::IsUrl(options.url)) {
    return Fail(ErrorCode::kBadParameter, fmt::format("the service's address is {}; allowed is a URL like "
                                                      "http://127.0.0.1:8000",
                                                      client::PrintableUrl(options.url)));
  }
  auto client = client::HttpClient::Create();
  if (!client) return Fail(std::move(client.error()));
  return std::unique_ptr<Service>(new Service(std::move(options), std::move(*client), clock));
}

Service::Service(Options options, std::unique_ptr<client::HttpClient> client, const Clock& clock)
    : url_(WithoutSlash(std::move(options.url))),
      body_(MakeBody(options.page)),
      headers_(MakeHeaders(options.api_key)),
      timeout_(options.timeout),
      client_(std::move(client)),
      clock_(clock) {}

StartUp Service::AskStartUp() {
  return ReadStartUp(Ask("/startupz", std::min(timeout_, kStartUpTimeout), nullptr));
}

Outcome Service::AskDeepHealth() {
  const TimePoint start = clock_.Now();
  Outcome outcome = ReadDeepHealth(Ask("/deep-health", timeout_, body_.empty() ? nullptr : &body_));
  outcome.took = clock_.Now() - start;
  return outcome;
}

client::Answer Service::Ask(const char* path, milliseconds timeout, const std::string* body) {
  return client_->Send({.url = url_ + path,
                        .headers = headers_,
                        .body = body,
                        .timeout = timeout,
                        .connect_timeout = timeout,
                        .longest_answer = kLongestAnswer,
                        .fresh_connection = true,
                        .proxies = false});
}

}  // namespace doclayout::probe
