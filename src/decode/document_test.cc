#include "decode/document.h"

#include <gmock/gmock.h>

#include <random>
#include <string>
#include <thread>

#include "decode/testing/encode.h"

namespace doclayout::decode {
namespace {

using namespace testing;  // NOLINT: the test's own encoders
using ::testing::AllOf;
using ::testing::HasSubstr;

Bytes Of(std::string_view text) {
  return {text.begin(), text.end()};
}

Error OpeningFails(const Bytes& bytes) {
  auto document = OpenDocument(bytes, {});
  EXPECT_FALSE(document);
  return document ? Error{} : document.error();
}

/// Opens and reads everything; what comes out does not matter as long as nothing breaks and the limits hold.
void ReadAll(const Bytes& bytes) {
  const Limits limits{.max_pixels = 1'000'000, .max_dimension = 5'000, .max_pages = 4};
  auto document = OpenDocument(bytes, limits);
  if (!document) {
    EXPECT_FALSE(document.error().message.empty());
    return;
  }
  ASSERT_LE((*document)->page_count(), limits.max_pages);
  for (int i = 0; i < (*document)->page_count(); ++i) {
    const auto page = (*document)->ReadPage(i);
    if (!page) continue;
    EXPECT_LE(std::int64_t{page->image.width()} * page->image.height(), limits.max_pixels);
  }
}

struct Sample {
  const char* name;
  Bytes bytes;
};

std::vector<Sample> Samples() {
  const Bytes rgb = RgbOf(Pattern(24, 16));
  Bytes bgra;
  for (std::size_t i = 0; i < rgb.size(); i += 3) bgra.insert(bgra.end(), {rgb[i], rgb[i + 1], rgb[i + 2], 200});
  const auto tiff = [&](int compression) {
    return TiffPageSpec{.width = 24,
                        .height = 16,
                        .samples = 3,
                        .photometric = 2,
                        .compression = compression,
                        .rows_per_strip = 8,
                        .rows = rgb};
  };
  Bytes bmp = Of("BM");
  for (const std::uint32_t value : {0U, 0U, 70U, 40U, 4U, 4U, 0x0008'0001U, 1U, 0U, 0U, 0U, 4U, 0U})
    AppendLittle32(bmp, value);
  for (const std::uint32_t value : {0x0001'0203U, 0x0004'0506U, 0x0007'0809U, 0x000A'0B0CU}) AppendLittle32(bmp, value);
  bmp.insert(bmp.end(), {4, 1, 0, 0, 0, 4, 1, 2, 3, 1, 0, 0, 4, 2, 0, 2, 0, 1, 4, 3, 0, 1});
  return {{"jpeg", EncodeJpeg({.width = 24, .height = 16, .exif = Exif(6, true, true)}, rgb)},
          {"progressive jpeg", EncodeJpeg({.width = 24, .height = 16, .progressive = true}, rgb)},
          {"png", InsertPngChunk(EncodePng({.width = 24, .height = 16}, rgb), "IDAT", PngChunk("eXIf", Exif(3)))},
          {"interlaced png", EncodePng({.width = 24, .height = 16, .interlaced = true}, rgb)},
          {"lossless webp", WithWebpExif(EncodeWebp(24, 16, bgra), 24, 16, Exif(5))},
          {"lossy webp", EncodeWebp(24, 16, bgra, 80.0F)},
          {"tiff", EncodeTiff({tiff(1), tiff(5), tiff(8)})},
          {"jpeg tiff", EncodeTiff({tiff(7)})},
          {"bmp", bmp}};
}

TEST(Document, SniffsByTheFirstBytes) {
  for (const auto& [name, bytes] : Samples()) EXPECT_NE(Sniff(bytes), Format::kUnknown) << name;
  EXPECT_EQ(Sniff(Of("%PDF-1.7")), Format::kPdf);
  EXPECT_EQ(Sniff(Of("\xEF\xBB\xBF%PDF-1.7")), Format::kPdf);
  EXPECT_EQ(Sniff(Of("GIF89a....")), Format::kGif);
  EXPECT_EQ(Sniff(Of("BM")), Format::kBmp);
  EXPECT_EQ(Sniff(Of("BMW builds cars and motorcycles.")), Format::kUnknown);
  EXPECT_EQ(Sniff(Of("RIFF....WAVEfmt ")), Format::kUnknown);
  EXPECT_EQ(Sniff({}), Format::kUnknown);
}

TEST(Document, ReadsEverySample) {
  for (const auto& [name, bytes] : Samples()) {
    const auto document = OpenDocument(bytes, {});
    ASSERT_TRUE(document) << name << ": " << document.error().message;
    EXPECT_EQ((*document)->format(), Sniff(bytes));
    EXPECT_TRUE((*document)->ReadPage(0)) << name;
  }
}

TEST(Document, DocumentsOnDifferentThreadsDoNotMix) {
  const auto samples = Samples();
  const auto work = [&samples] {
    for (const auto& [name, bytes] : samples) {
      const auto document = OpenDocument(bytes, {});
      ASSERT_TRUE(document) << name;
      EXPECT_TRUE((*document)->ReadPage(0)) << name;
      ReadAll({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2)});
    }
  };

  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  for (auto& thread : threads) thread.join();
}

TEST(Document, NoBytesAreEmpty) {
  EXPECT_EQ(OpeningFails({}).code, ErrorCode::kEmpty);
}

TEST(Document, OneByteIsNotKnown) {
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(OpeningFails({static_cast<std::uint8_t>(byte)}).code, ErrorCode::kUnsupportedMedia);
  }
}

TEST(Document, TextIsNamed) {
  const Error error = OpeningFails(Of("Dear Sir or Madam,\nthis is not a picture.\n"));

  EXPECT_EQ(error.code, ErrorCode::kUnsupportedMedia);
  EXPECT_THAT(error.message, AllOf(HasSubstr("text"), HasSubstr("JPEG, PNG, WebP, TIFF and BMP are read")));
}

TEST(Document, GifAndPdfAreRefusedClearly) {
  const Error gif = OpeningFails(Of("GIF89a\1\0\1\0"));
  const Error pdf = OpeningFails(Of("%PDF-1.7\n"));

  EXPECT_EQ(gif.code, ErrorCode::kUnsupportedMedia);
  EXPECT_THAT(gif.message, AllOf(HasSubstr("GIF is not read"), HasSubstr("PNG")));
  EXPECT_EQ(pdf.code, ErrorCode::kUnsupportedMedia);
  EXPECT_THAT(pdf.message, HasSubstr("PDFs are not read by this version"));
}

TEST(Document, BareSignaturesAreUndecodable) {
  const std::string_view signatures[] = {{"\xFF\xD8\xFF", 3},
                                         {"\x89PNG\r\n\x1A\n", 8},
                                         {"RIFF\0\0\0\0WEBP", 12},
                                         {"II*\0", 4},
                                         {"MM\0*", 4},
                                         {"II+\0", 4},
                                         {"BM", 2}};
  for (const auto signature : signatures) {
    EXPECT_EQ(OpeningFails(Of(signature)).code, ErrorCode::kUndecodable) << signature;
  }
}

TEST(Document, RandomBytesAreRefused) {
  std::mt19937 random(1);
  for (int i = 0; i < 200; ++i) {
    Bytes bytes(1 + random() % 4000);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    EXPECT_FALSE(OpenDocument(bytes, {}));
  }
}

TEST(Document, RandomBytesAfterASignatureAreRefused) {
  std::mt19937 random(2);
  for (const auto& [name, bytes] : Samples()) {
    for (int i = 0; i < 50; ++i) {
      Bytes broken = bytes;
      for (std::size_t at = 16; at < broken.size(); ++at) broken[at] = static_cast<std::uint8_t>(random());
      ReadAll(broken);
    }
  }
}

TEST(Document, AnyTruncationIsSurvived) {
  for (const auto& [name, bytes] : Samples()) {
    SCOPED_TRACE(name);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      ReadAll({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)});
    }
  }
}

TEST(Document, AnyChangedByteIsSurvived) {
  for (const auto& [name, bytes] : Samples()) {
    SCOPED_TRACE(name);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      for (const int change : {0x01, 0x80, 0xFF}) {
        Bytes broken = bytes;
        broken[at] = static_cast<std::uint8_t>(broken[at] ^ change);
        ReadAll(broken);
      }
    }
  }
}

}  // namespace
}  // namespace doclayout::decode
