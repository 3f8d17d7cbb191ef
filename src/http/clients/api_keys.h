#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "http/clients/rate.h"

namespace doclayout::http {

/// A client that has a key, as the file describes it. A plain value.
struct ApiKey {
  std::string name;          ///< who it is: in the log and as a client, in place of an address
  std::string sha256;        ///< of the key, 64 lower-case hexadecimal digits; the key itself is nowhere
  std::optional<Rate> rate;  ///< empty: the service's
  bool bulk_only = false;    ///< may not ask for the priority "interactive"
};

/// The keys that are known: `{"keys": [{"name": "billing", "sha256": "<64 hex>", "rate": 5, "burst": 10, "priority":
/// "bulk"}]}` (docs/api.md).
///
/// Immutable, thread-safe.
class ApiKeys {
 public:
  /// Looking a key up compares it with all of them, on the I/O thread: a thousand take some 60 µs.
  static constexpr std::size_t kMostKeys = 1000;

  /// `kBadParameter` for anything that is not exactly that; the message names the entry and what is wrong with it, and
  /// never repeats a value: somebody may have written the key where its digest belongs.
  static Result<ApiKeys> Parse(std::string_view json);

  /// Null for a key that is not known. Takes the same time whichever it is, and however much of it is right. Valid as
  /// long as this object.
  const ApiKey* Find(std::string_view key) const;

  std::size_t size() const { return keys_.size(); }

 private:
  explicit ApiKeys(std::vector<ApiKey> keys) : keys_(std::move(keys)) {}

  std::vector<ApiKey> keys_;
};

}  // namespace doclayout::http
