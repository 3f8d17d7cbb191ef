#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/part_file.h"

namespace doclayout::model {

/// Bounds of a download. A plain value.
struct DownloadOptions {
  std::chrono::milliseconds connect_timeout{15'000};
  std::chrono::seconds stall_timeout{30};  ///< without a kilobyte a second for so long, the connection is given up
  int attempts = 5;                        ///< in a row that bring less than a megabyte
  std::chrono::milliseconds backoff{250};  ///< before the second attempt; twice as long before each further one
  std::chrono::milliseconds longest_wait{30'000};  ///< between attempts, whatever a server's Retry-After says
  std::uint64_t expected_bytes = 0;                ///< of the whole file; 0: not known
  std::uint64_t most_bytes = std::uint64_t{2} << 30;
};

/// Called on the thread that downloads; each may be empty.
struct DownloadHooks {
  std::function<void(std::uint64_t done, std::uint64_t total)> on_progress;  ///< total 0: not known
  std::function<void(std::string_view fault, std::chrono::milliseconds wait)> on_retry;
  std::function<void()> on_wait;  ///< another process pulls the same model
};

/// Appends what the URL serves to the part, from where the part ends: with a Range, and from the start again when the
/// server does not do ranges or its file is another one by now. Follows redirects, at most ten and to http and https
/// only; checks certificates, with the authorities of SSL_CERT_FILE where that is set; takes proxies from the
/// environment (http_proxy, https_proxy, all_proxy, no_proxy). What breaks off is tried again, a bounded number of
/// times.
///
/// Blocks until done. Thread-safe for different parts. Whether the bytes are the right ones is not judged here.
/// `kBadParameter` for a URL that is none; `kNotFound` for 404 and 410; `kTooLarge` for a file that is longer than it
/// may be, or of another length than expected; `kInternal` for the network and for the disk. The part is discarded
/// after a wrong length and after a fault of the disk; else what was received stays in it.
Result<void> Download(const std::string& url, PartFile& part, const DownloadOptions& options,
                      const DownloadHooks& hooks);

/// The URL without name and password, for messages.
std::string PrintableUrl(const std::string& url);

}  // namespace doclayout::model
