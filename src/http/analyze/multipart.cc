#include "http/analyze/multipart.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "http/ascii.h"
#include "http/header_value.h"

namespace doclayout::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

tl::unexpected<Error> Malformed(std::string_view what) {
  return Fail(ErrorCode::kBadRequest, fmt::format("the multipart body is malformed: {}", what));
}

/// What a boundary's line says after the boundary itself.
enum class DelimiterEnd { kNotADelimiter, kAnotherPart, kFinal };

/// Looks behind a boundary at the start of `rest` and removes what belongs to its line.
DelimiterEnd TakeDelimiterEnd(std::string_view& rest) {
  if (rest.starts_with("--")) {
    rest.remove_prefix(2);
    return DelimiterEnd::kFinal;
  }
  const std::size_t end = rest.find_first_not_of(" \t");  // RFC 2046 lets transports pad the line.
  if (end == std::string_view::npos || !rest.substr(end).starts_with(kLineEnd)) return DelimiterEnd::kNotADelimiter;
  rest.remove_prefix(end + kLineEnd.size());
  return DelimiterEnd::kAnotherPart;
}

/// The name that a Content-Disposition gives to its field.
Result<std::string> FieldName(std::string_view disposition) {
  const std::optional<HeaderValue> value = ParseHeaderValue(disposition);
  if (!value || value->value != "form-data") {
    return Malformed("a part's Content-Disposition is not form-data; name=\"…\"");
  }
  const std::string* name = value->Find("name");
  if (name == nullptr) return Malformed("a part's Content-Disposition has no name");
  return *name;
}

Result<void> CheckTransferEncoding(std::string_view encoding) {
  const std::string lower = LowerCase(encoding);
  if (lower == "binary" || lower == "8bit" || lower == "7bit") return {};
  return Malformed(
      fmt::format("the Content-Transfer-Encoding {} is not read; send the bytes as they are", Quoted(encoding)));
}

/// Reads a part's header from the start of `rest` up to its empty line and removes it; gives the field's name.
Result<std::string> TakePartHeader(std::string_view& rest, std::size_t max_bytes) {
  std::optional<std::string> name;
  const std::string_view header = rest.substr(0, max_bytes);
  std::size_t at = 0;
  for (;;) {
    const std::size_t end = header.find(kLineEnd, at);
    if (end == std::string_view::npos) {
      if (rest.size() > max_bytes) return Malformed(fmt::format("a part's header has more than {} bytes", max_bytes));
      return Malformed("a part's header does not end");
    }
    const std::string_view line = header.substr(at, end - at);
    at = end + kLineEnd.size();
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !IsToken(line.substr(0, colon))) {
      return Malformed("a part has a header line that is not 'Name: value'");
    }
    const std::string_view value = Trim(line.substr(colon + 1));
    if (EqualsIgnoreCase(line.substr(0, colon), "Content-Disposition")) {
      if (name) return Malformed("a part has two Content-Disposition lines");
      Result<std::string> field = FieldName(value);
      if (!field) return Fail(std::move(field.error()));
      name = std::move(*field);
    } else if (EqualsIgnoreCase(line.substr(0, colon), "Content-Transfer-Encoding")) {
      if (Result<void> encoding = CheckTransferEncoding(value); !encoding) return Fail(std::move(encoding.error()));
    }
  }
  if (!name) return Malformed("a part has no Content-Disposition");
  rest.remove_prefix(at);
  return std::move(*name);
}

}  // namespace

bool IsBoundary(std::string_view text) {
  const auto allowed = [](char c) {
    return IsDigit(c) || IsUpper(c) || IsLower(c) ||
           std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= 70 && text.back() != ' ' && std::all_of(text.begin(), text.end(), allowed);
}

Result<std::vector<Part>> ParseMultipart(std::string_view body, std::string_view boundary,
                                         const MultipartLimits& limits) {
  const std::string delimiter = fmt::format("\r\n--{}", boundary);
  std::string_view rest = body;
  if (rest.starts_with(kLineEnd)) rest.remove_prefix(kLineEnd.size());  // Some clients send the delimiter's CRLF too.
  if (!rest.starts_with(std::string_view(delimiter).substr(kLineEnd.size()))) {
    return Malformed("it does not begin with the boundary that Content-Type names");
  }
  rest.remove_prefix(delimiter.size() - kLineEnd.size());

  std::vector<Part> parts;
  DelimiterEnd end = TakeDelimiterEnd(rest);
  while (end == DelimiterEnd::kAnotherPart) {
    if (parts.size() >= limits.max_parts) return Malformed(fmt::format("it has more than {} parts", limits.max_parts));
    Result<std::string> name = TakePartHeader(rest, limits.max_header_bytes);
    if (!name) return Fail(std::move(name.error()));

    // The boundary's text may also be the beginning of other text: then the search goes on behind it.
    std::size_t found = 0;
    std::string_view behind;
    do {
      found = rest.find(delimiter, found);
      if (found == std::string_view::npos) return Malformed("the final boundary is missing; the body may be cut");
      behind = rest.substr(found + delimiter.size());
      end = TakeDelimiterEnd(behind);
      if (end == DelimiterEnd::kNotADelimiter) found += delimiter.size();
    } while (end == DelimiterEnd::kNotADelimiter);
    parts.push_back({std::move(*name), rest.substr(0, found)});
    rest = behind;
  }
  if (end == DelimiterEnd::kNotADelimiter) return Malformed("the line of the first boundary has other text");
  if (!rest.empty() && rest != kLineEnd) return Malformed("there are bytes behind the final boundary");
  return parts;
}

Result<std::string_view> SelectFile(const std::vector<Part>& parts) {
  std::optional<std::string_view> file;
  for (const Part& part : parts) {
    if (part.name != "file") {
      return Fail(ErrorCode::kBadRequest, fmt::format("the form has the field {}; allowed is one field 'file', and "
                                                      "parameters belong into the query",
                                                      Quoted(part.name)));
    }
    if (file) return Fail(ErrorCode::kBadRequest, "the form has more than one field 'file'; allowed is one");
    file = part.content;
  }
  if (!file) return Fail(ErrorCode::kBadRequest, "the form has no field 'file'");
  return *file;
}

}  // namespace doclayout::http
