#include <fmt/format.h>

#include <utility>

#include "client/http_client.h"
#include "tracing/collector.h"

namespace doclayout::tracing {
namespace {

class HttpCollector final : public Collector {
 public:
  HttpCollector(CollectorOptions options, std::unique_ptr<client::HttpClient> client)
      : options_(std::move(options)), client_(std::move(client)) {}

  Answer Post(const std::string& body) override {
    client::Answer answer = client_->Send({.url = options_.url,
                                           .headers = options_.headers,
                                           .body = &body,
                                           .timeout = options_.timeout,
                                           .connect_timeout = options_.connect_timeout});
    return {.status = answer.status,
            .body = std::move(answer.body),
            .retry_after = answer.retry_after,
            .fault = std::move(answer.fault),
            .may_pass = answer.may_pass};
  }

  std::string name() const override { return client::PrintableUrl(options_.url); }

  void Abandon() override { client_->Abandon(); }

 private:
  const CollectorOptions options_;
  const std::unique_ptr<client::HttpClient> client_;
};

}  // namespace

Result<std::unique_ptr<Collector>> ConnectLater(CollectorOptions options) {
  if (!client::IsUrl(options.url)) {
    return Fail(ErrorCode::kBadParameter,
                fmt::format("the address of the collector is {}; allowed is a URL like http://localhost:4318/v1/traces",
                            client::PrintableUrl(options.url)));
  }
  auto client = client::HttpClient::Create();
  if (!client) return Fail(std::move(client.error()));
  return std::make_unique<HttpCollector>(std::move(options), std::move(*client));
}

}  // namespace doclayout::tracing
