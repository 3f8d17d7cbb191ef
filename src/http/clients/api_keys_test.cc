#include "http/clients/api_keys.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace doclayout::http {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// printf 'secret-a' | sha256sum
constexpr std::string_view kDigestA = "8766b9cb08e6040b704f1e3ee1e186efccf2635b1d2634d6525333007e6aeae1";
constexpr std::string_view kDigestB = "ff492ef788c89b555e6f738b33d2422f57dbb6656af2402155672c5f123a90af";

/// The file of one key with that text behind its name and digest.
std::string WithOne(std::string_view more) {
  return fmt::format(R"({{"keys": [{{"name": "a", "sha256": "{}"{}}}]}})", kDigestA, more);
}

/// The file of this entry behind a good one.
std::string WithSecond(std::string_view entry) {
  return fmt::format(R"({{"keys": [{{"name": "a", "sha256": "{}"}}, {}]}})", kDigestA, entry);
}

std::string WhyNot(std::string_view text) {
  const auto keys = ApiKeys::Parse(text);
  if (keys) return "";
  EXPECT_EQ(keys.error().code, ErrorCode::kBadParameter);
  return keys.error().message;
}

TEST(ApiKeys, AreFoundByTheKeyThatHasTheDigest) {
  const ApiKeys keys = ApiKeys::Parse(WithSecond(fmt::format(R"({{"name": "b", "sha256": "{}"}})", kDigestB))).value();

  ASSERT_EQ(keys.size(), 2U);
  ASSERT_NE(keys.Find("secret-a"), nullptr);
  EXPECT_EQ(keys.Find("secret-a")->name, "a");
  ASSERT_NE(keys.Find("secret-b"), nullptr);
  EXPECT_EQ(keys.Find("secret-b")->name, "b");
}

TEST(ApiKeys, AreNotFoundByAnythingElse) {
  const ApiKeys keys = ApiKeys::Parse(WithOne("")).value();

  for (const std::string_view key : {"", "secret", "secret-a ", "SECRET-A", "a"}) EXPECT_EQ(keys.Find(key), nullptr);
  EXPECT_EQ(keys.Find(kDigestA), nullptr);
}

TEST(ApiKeys, HaveTheServicesRateAndAnyPriorityWhereTheySayNothing) {
  const ApiKeys keys = ApiKeys::Parse(WithOne("")).value();

  EXPECT_EQ(keys.Find("secret-a")->rate, std::nullopt);
  EXPECT_FALSE(keys.Find("secret-a")->bulk_only);
}

TEST(ApiKeys, MayHaveARateABurstAndAPriority) {
  const ApiKeys full = ApiKeys::Parse(WithOne(R"(, "rate": 0.5, "burst": 10, "priority": "bulk")")).value();
  const ApiKeys rated = ApiKeys::Parse(WithOne(R"(, "rate": 5, "priority": "interactive")")).value();

  EXPECT_EQ(full.Find("secret-a")->rate, (Rate{.per_second = 0.5, .burst = 10}));
  EXPECT_TRUE(full.Find("secret-a")->bulk_only);
  EXPECT_EQ(rated.Find("secret-a")->rate, RateOf(5));
  EXPECT_FALSE(rated.Find("secret-a")->bulk_only);
}

TEST(ApiKeys, MayBeNone) {
  EXPECT_EQ(ApiKeys::Parse(R"({"keys": []})").value().size(), 0U);
}

TEST(ApiKeys, MayBeWrittenInUpperCase) {
  constexpr std::string_view kUpper = "8766B9CB08E6040B704F1E3EE1E186EFCCF2635B1D2634D6525333007E6AEAE1";

  const ApiKeys keys = ApiKeys::Parse(fmt::format(R"({{"keys": [{{"name": "a", "sha256": "{}"}}]}})", kUpper)).value();

  EXPECT_NE(keys.Find("secret-a"), nullptr);
}

TEST(ApiKeys, AreRefusedInAnotherFormThanTheirs) {
  EXPECT_THAT(WhyNot(""), HasSubstr("not valid JSON at byte"));
  EXPECT_THAT(WhyNot(R"({"keys": [)"), HasSubstr("not valid JSON at byte"));
  EXPECT_THAT(WhyNot("[]"), HasSubstr(R"(it is not {"keys": [...]})"));
  EXPECT_THAT(WhyNot("{}"), HasSubstr("no list"));
  EXPECT_THAT(WhyNot(R"({"keys": {}})"), HasSubstr("no list"));
  EXPECT_THAT(WhyNot(R"({"keys": [], "version": 1})"), HasSubstr("'version'"));
  EXPECT_THAT(WhyNot(R"({"keys": [], "keys": []})"), HasSubstr("'keys' twice"));
  EXPECT_THAT(WhyNot(WithOne(R"(, "rate": [[1]])")), HasSubstr("nested too deeply"));
  EXPECT_THAT(WhyNot(WithOne(R"(, "rate": 1e999)")), HasSubstr("too large"));
  EXPECT_THAT(WhyNot(std::string(500'000, '[')), HasSubstr("it "));
}

TEST(ApiKeys, AreRefusedWithTheEntryThatIsWrong) {
  EXPECT_THAT(WhyNot(WithSecond("7")), HasSubstr("key 2 is not an object"));
  EXPECT_THAT(WhyNot(WithSecond("{}")), HasSubstr("key 2: it has no \"name\""));
  EXPECT_THAT(WhyNot(WithSecond(R"({"name": "b"})")), HasSubstr("key 2 ('b'): it has no \"sha256\""));
  EXPECT_THAT(WhyNot(WithOne(R"(, "rat": 1)")), HasSubstr("key 1 ('a'): it has 'rat'; known are"));
  EXPECT_THAT(WhyNot(WithOne(R"(, "name": "b")")), HasSubstr("'name' twice"));
}

TEST(ApiKeys, HaveNamesThatAreNoAddresses) {
  for (const std::string_view name : {"10.0.0.1", "::1", "2001:db8::/64", "-", "", "a b", "a\\n", "ä"}) {
    const std::string entry = fmt::format(R"({{"name": "{}", "sha256": "{}"}})", name, kDigestB);
    EXPECT_THAT(WhyNot(WithSecond(entry)), HasSubstr("key 2: its \"name\" is not 1 to 64")) << name;
  }
  const std::string long_name(65, 'n');
  EXPECT_THAT(WhyNot(WithSecond(fmt::format(R"({{"name": "{}"}})", long_name))), HasSubstr("its \"name\""));
  EXPECT_THAT(WhyNot(WithSecond(R"({"name": 7})")), HasSubstr("its \"name\""));
}

TEST(ApiKeys, AreRefusedWithTheValueThatIsWrong) {
  for (const std::string_view rate : {"0", "-1", "0.0001", "1000001", "\"5\"", "null", "true"}) {
    EXPECT_THAT(WhyNot(WithOne(fmt::format(R"(, "rate": {})", rate))),
                HasSubstr("\"rate\" is not a number from 0.001 to 1000000"));
  }
  EXPECT_THAT(WhyNot(WithOne(R"(, "rate": 5, "burst": 0.5)")),
              HasSubstr("\"burst\" is not a number from 1 to 1000000"));
  EXPECT_THAT(WhyNot(WithOne(R"(, "burst": 5)")), HasSubstr("a \"burst\" without a \"rate\""));
  EXPECT_THAT(WhyNot(WithOne(R"(, "priority": "high")")), HasSubstr("\"interactive\" or \"bulk\""));
  EXPECT_THAT(WhyNot(WithOne(R"(, "priority": 1)")), HasSubstr("\"interactive\" or \"bulk\""));
}

TEST(ApiKeys, NeverTellWhatStandsWhereADigestBelongs) {
  EXPECT_THAT(WhyNot(WithSecond(R"({"name": "b", "sha256": "my-own-secret"})")),
              AllOf(HasSubstr("64 hexadecimal digits"), Not(HasSubstr("my-own"))));
  EXPECT_THAT(WhyNot(R"({"keys": [{"name": "b", "sha256": "my-own-secret})"), Not(HasSubstr("my-own")));
}

TEST(ApiKeys, AreDifferentOnes) {
  EXPECT_THAT(WhyNot(WithSecond(fmt::format(R"({{"name": "a", "sha256": "{}"}})", kDigestB))),
              HasSubstr("key 2 ('a'): another one has its name"));
  EXPECT_THAT(WhyNot(WithSecond(fmt::format(R"({{"name": "b", "sha256": "{}"}})", kDigestA))),
              HasSubstr("key 2 ('b'): another one has its \"sha256\""));
}

std::string Many(int count) {
  std::string entries;
  for (int i = 0; i < count; ++i) {
    entries += fmt::format(R"({}{{"name": "n{}", "sha256": "{:064x}"}})", i == 0 ? "" : ",", i, i);
  }
  return fmt::format(R"({{"keys": [{}]}})", entries);
}

TEST(ApiKeys, AreABoundedNumber) {
  EXPECT_EQ(ApiKeys::Parse(Many(1000)).value().size(), 1000U);

  EXPECT_THAT(WhyNot(Many(1001)), HasSubstr("it has 1001 keys; allowed are 1000"));
}

}  // namespace
}  // namespace doclayout::http
