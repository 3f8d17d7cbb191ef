#include "http/clients/api_keys.h"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/sha256.h"
#include "http/ascii.h"

namespace doclayout::http {
namespace {

using nlohmann::json;

constexpr std::size_t kDigestDigits = 64;
constexpr std::size_t kLongestName = 64;
constexpr int kDeepest = 3;  // the whole, "keys", an entry

constexpr std::string_view kNameRule =
    "1 to 64 letters, digits, '.', '_' and '-', a letter first";  // so that no name is an address

tl::unexpected<Error> Wrong(std::string message) {
  return Fail(ErrorCode::kBadParameter, std::move(message));
}

bool IsLetter(char c) {
  return IsUpper(c) || IsLower(c);
}

bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && IsLetter(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsLetter(c) || IsDigit(c) || c == '.' || c == '_' || c == '-'; });
}

/// The tree of a text that has no name twice in one object, which the tree itself would not show.
Result<json> ParseTree(std::string_view text) {
  std::vector<std::set<std::string>> names;
  std::string problem;
  std::size_t byte = 0;
  const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
    if (!problem.empty()) return false;
    if (event == json::parse_event_t::object_start) names.emplace_back();
    if (event == json::parse_event_t::object_end) names.pop_back();
    if (depth > kDeepest) problem = "it is nested too deeply";
    if (event == json::parse_event_t::key && !names.back().insert(parsed.get<std::string>()).second) {
      problem = fmt::format("it has {} twice in one object", Quoted(parsed.get<std::string>()));
    }
    return problem.empty();
  };
  try {
    json tree = json::parse(text, watch);
    if (problem.empty()) return tree;
  } catch (const json::parse_error& error) {
    byte = error.byte;  // Not its text: that repeats what stands there.
  } catch (const json::exception&) {
    problem = "it has a number that is too large";
  }
  if (problem.empty()) problem = fmt::format("it is not valid JSON at byte {}", byte);
  return Wrong(std::move(problem));
}

/// Reads one entry. `where` is how a message names it: "key 3" until its name is known.
class EntryReader {
 public:
  EntryReader(const json& entry, std::size_t number) : entry_(entry), where_(fmt::format("key {}", number)) {}

  Result<ApiKey> Read() {
    if (!entry_.is_object()) return Wrong(fmt::format("{} is not an object", where_));
    ApiKey key;
    for (const auto& read : {&EntryReader::ReadName, &EntryReader::CheckNames, &EntryReader::ReadDigest,
                             &EntryReader::ReadRate, &EntryReader::ReadPriority}) {
      if (std::string problem = (this->*read)(key); !problem.empty()) {
        return Wrong(fmt::format("{}: {}", where_, problem));
      }
    }
    return key;
  }

  const std::string& where() const { return where_; }

 private:
  const json* Find(const char* name) const {
    const auto found = entry_.find(name);
    return found == entry_.end() ? nullptr : &*found;
  }

  // Each returns what is wrong, or nothing.

  std::string ReadName(ApiKey& key) {
    const json* const name = Find("name");
    if (name == nullptr) return "it has no \"name\"";
    if (!name->is_string() || !IsName(name->get_ref<const std::string&>())) {
      return fmt::format("its \"name\" is not {}", kNameRule);
    }
    key.name = name->get<std::string>();
    where_ = fmt::format("{} ({})", where_, Quoted(key.name));
    return "";
  }

  std::string CheckNames(ApiKey&) {
    constexpr std::array<std::string_view, 5> kKnown = {"name", "sha256", "rate", "burst", "priority"};
    for (const auto& item : entry_.items()) {
      if (std::find(kKnown.begin(), kKnown.end(), item.key()) == kKnown.end()) {
        return fmt::format("it has {}; known are name, sha256, rate, burst and priority", Quoted(item.key()));
      }
    }
    return "";
  }

  std::string ReadDigest(ApiKey& key) {
    const json* const digest = Find("sha256");
    if (digest == nullptr) return "it has no \"sha256\"";
    if (digest->is_string()) key.sha256 = LowerCase(digest->get_ref<const std::string&>());
    const bool good =
        key.sha256.size() == kDigestDigits && std::all_of(key.sha256.begin(), key.sha256.end(), IsLowerHex);
    return good ? "" : "its \"sha256\" is not the 64 hexadecimal digits of the key's SHA-256";
  }

  std::string ReadRate(ApiKey& key) {
    const json* const rate = Find("rate");
    const json* const burst = Find("burst");
    if (rate == nullptr) return burst == nullptr ? "" : "it has a \"burst\" without a \"rate\"";
    if (!IsNumber(*rate, Rate::kLeastPerSecond)) {
      return fmt::format("its \"rate\" is not a number from {} to {}", Rate::kLeastPerSecond, Rate::kMost);
    }
    key.rate = RateOf(rate->get<double>());
    if (burst == nullptr) return "";
    if (!IsNumber(*burst, 1)) return fmt::format("its \"burst\" is not a number from 1 to {}", Rate::kMost);
    key.rate->burst = burst->get<double>();
    return "";
  }

  std::string ReadPriority(ApiKey& key) {
    const json* const priority = Find("priority");
    if (priority == nullptr) return "";
    key.bulk_only = *priority == "bulk";
    return key.bulk_only || *priority == "interactive" ? "" : "its \"priority\" is not \"interactive\" or \"bulk\"";
  }

  static bool IsNumber(const json& value, double least) {
    return value.is_number() && value.get<double>() >= least && value.get<double>() <= Rate::kMost;
  }

  const json& entry_;
  std::string where_;
};

Result<const json*> ListOf(const json& tree) {
  if (!tree.is_object()) return Wrong(R"(it is not {"keys": [...]})");
  for (const auto& item : tree.items()) {
    if (item.key() != "keys") return Wrong(fmt::format("it has {}; known is only keys", Quoted(item.key())));
  }
  const auto keys = tree.find("keys");
  if (keys == tree.end() || !keys->is_array()) return Wrong("it has no list \"keys\"");
  if (keys->size() > ApiKeys::kMostKeys) {
    return Wrong(fmt::format("it has {} keys; allowed are {}", keys->size(), ApiKeys::kMostKeys));
  }
  return &*keys;
}

}  // namespace

Result<ApiKeys> ApiKeys::Parse(std::string_view text) {
  const Result<json> tree = ParseTree(text);
  if (!tree) return Fail(tree.error());
  const Result<const json*> list = ListOf(*tree);
  if (!list) return Fail(list.error());
  std::vector<ApiKey> keys;
  std::set<std::string> names;
  std::set<std::string> digests;
  for (const json& entry : **list) {
    EntryReader reader(entry, keys.size() + 1);
    Result<ApiKey> key = reader.Read();
    if (!key) return Fail(std::move(key.error()));
    if (!names.insert(key->name).second) return Wrong(fmt::format("{}: another one has its name", reader.where()));
    if (!digests.insert(key->sha256).second) {
      return Wrong(fmt::format("{}: another one has its \"sha256\"", reader.where()));
    }
    keys.push_back(std::move(*key));
  }
  return ApiKeys(std::move(keys));
}

const ApiKey* ApiKeys::Find(std::string_view key) const {
  const std::string digest = Sha256({reinterpret_cast<const std::uint8_t*>(key.data()), key.size()});
  const ApiKey* found = nullptr;
  for (const ApiKey& known : keys_) {
    const bool same = CRYPTO_memcmp(known.sha256.data(), digest.data(), kDigestDigits) == 0;
    found = same ? &known : found;  // and on: leaving early would tell where it stands
  }
  return found;
}

}  // namespace doclayout::http
