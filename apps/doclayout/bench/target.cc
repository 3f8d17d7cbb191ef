#include "bench/target.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "base/curl_handles.h"

namespace doclayout::bench {
namespace {

std::string Part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return "";
  const CurlText owner(text);
  return text;
}

std::string WithPath(CURLU* url, const std::string& path, const std::string& query) {
  curl_url_set(url, CURLUPART_PATH, path.c_str(), 0);
  curl_url_set(url, CURLUPART_QUERY, query.empty() ? nullptr : query.c_str(), 0);
  return Part(url, CURLUPART_URL);
}

bool MayStandInQuery(std::string_view query) {
  return std::all_of(query.begin(), query.end(),
                     [](char letter) { return letter > ' ' && letter < '\x7f' && letter != '#'; });
}

bool IsLoopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

}  // namespace

Result<Target> ReadTarget(const std::string& url, const std::string& query) {
  constexpr std::string_view kAnalyze = "/analyze";
  const auto wrong = [&](std::string_view why) {
    return Fail(ErrorCode::kBadParameter, fmt::format("the URL {}; allowed is one like http://localhost:8000", why));
  };
  const CurlUrl parsed(curl_url());
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return wrong("cannot be read");
  const std::string scheme = Part(parsed.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return wrong("does not begin with http:// or https://");
  if (!Part(parsed.get(), CURLUPART_QUERY).empty()) return wrong("has a query, which goes into --query");
  const std::string words = query.starts_with('?') ? query.substr(1) : query;
  if (!MayStandInQuery(words)) {
    return Fail(ErrorCode::kBadParameter,
                "--query has a character that cannot stand in a request; allowed are visible ASCII ones but '#', "
                "others as %XX");
  }
  curl_url_set(parsed.get(), CURLUPART_FRAGMENT, nullptr, 0);

  std::string base = Part(parsed.get(), CURLUPART_PATH);
  if (base.ends_with('/')) base.pop_back();
  if (base.ends_with(kAnalyze)) base.resize(base.size() - kAnalyze.size());
  Target target{.analyze = WithPath(parsed.get(), base + std::string(kAnalyze), words),
                .metrics = WithPath(parsed.get(), base + "/metrics", ""),
                .version = WithPath(parsed.get(), base + "/version", ""),
                .on_this_machine = IsLoopback(Part(parsed.get(), CURLUPART_HOST))};
  curl_url_set(parsed.get(), CURLUPART_USER, nullptr, 0);
  curl_url_set(parsed.get(), CURLUPART_PASSWORD, nullptr, 0);
  target.printable = WithPath(parsed.get(), base + std::string(kAnalyze), words);
  return target;
}

}  // namespace doclayout::bench
