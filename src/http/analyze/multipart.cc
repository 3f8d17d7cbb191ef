#include "http/analyze/multipart.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "http/analyze/content_disposition.h"
#include "http/ascii.h"

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
  const bool final = rest.starts_with("--");
  std::string_view line_end = rest.substr(final ? 2 : 0);
  // RFC 2046 lets transports pad the line.
  line_end.remove_prefix(std::min(line_end.find_first_not_of(" \t"), line_end.size()));
  if (!line_end.starts_with(kLineEnd) && !(final && line_end.empty())) return DelimiterEnd::kNotADelimiter;
  line_end.remove_prefix(std::min(kLineEnd.size(), line_end.size()));
  rest = line_end;
  return final ? DelimiterEnd::kFinal : DelimiterEnd::kAnotherPart;
}

/// A boundary's line: where what is before it ends, what it is, and what is behind it.
struct Delimiter {
  std::size_t begin = 0;
  DelimiterEnd end = DelimiterEnd::kNotADelimiter;
  std::string_view behind;
};

/// The first line of a boundary. Its text may also be the beginning of other text: then the search goes on behind it.
std::optional<Delimiter> FindDelimiter(std::string_view text, std::string_view line_end_and_boundary) {
  std::size_t begin = 0;
  while ((begin = text.find(line_end_and_boundary, begin)) != std::string_view::npos) {
    Delimiter found{.begin = begin, .behind = text.substr(begin + line_end_and_boundary.size())};
    found.end = TakeDelimiterEnd(found.behind);
    if (found.end != DelimiterEnd::kNotADelimiter) return found;
    begin += line_end_and_boundary.size();
  }
  return std::nullopt;
}

/// The boundary before the first part: at the start, or behind a preamble, which RFC 2046 says to ignore.
std::optional<Delimiter> FindFirstDelimiter(std::string_view body, std::string_view line_end_and_boundary) {
  const std::string_view boundary = line_end_and_boundary.substr(kLineEnd.size());
  if (body.starts_with(boundary)) {
    Delimiter first{.behind = body.substr(boundary.size())};
    first.end = TakeDelimiterEnd(first.behind);
    if (first.end != DelimiterEnd::kNotADelimiter) return first;
  }
  return FindDelimiter(body, line_end_and_boundary);
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
      Result<std::string> field = FormFieldName(value);
      if (!field) return Malformed(field.error().message);
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
  const std::string line_end_and_boundary = fmt::format("\r\n--{}", boundary);
  std::optional<Delimiter> delimiter = FindFirstDelimiter(body, line_end_and_boundary);
  if (!delimiter) return Malformed("it has no line with the boundary that Content-Type names");

  std::vector<Part> parts;
  while (delimiter->end == DelimiterEnd::kAnotherPart) {
    if (parts.size() >= limits.max_parts) return Malformed(fmt::format("it has more than {} parts", limits.max_parts));
    std::string_view rest = delimiter->behind;
    Result<std::string> name = TakePartHeader(rest, limits.max_header_bytes);
    if (!name) return Fail(std::move(name.error()));
    delimiter = FindDelimiter(rest, line_end_and_boundary);
    if (!delimiter) return Malformed("the final boundary is missing; the body may be cut");
    parts.push_back({std::move(*name), rest.substr(0, delimiter->begin)});
  }
  return parts;  // What is behind the final boundary, an epilogue, RFC 2046 says to ignore.
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
