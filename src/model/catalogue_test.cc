#include "model/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "model/model_file.h"

namespace doclayout::model {
namespace {

TEST(Catalogue, HasEachNameAndDigestOnce) {
  std::set<std::string_view> names;
  std::set<std::string_view> digests;
  for (const CatalogueEntry& entry : Catalogue()) {
    names.insert(entry.name);
    digests.insert(entry.sha256);
    EXPECT_EQ(entry.sha256.size(), 64U) << entry.name;
    EXPECT_EQ(entry.sha256.find_first_not_of("0123456789abcdef"), std::string_view::npos) << entry.name;
    EXPECT_TRUE(entry.base.starts_with("https://")) << entry.name;
  }

  EXPECT_EQ(names.size(), Catalogue().size());
  EXPECT_EQ(digests.size(), Catalogue().size());
}

TEST(Catalogue, KnowsTheEmbeddedModel) {
  const CatalogueEntry* entry = FindByDigest(ModelFile::Embedded().card().sha256);

  ASSERT_NE(entry, nullptr);
  EXPECT_TRUE(entry->embedded);
  EXPECT_EQ(entry->bytes, ModelFile::Embedded().bytes().size());
  EXPECT_EQ(FindByName("picodet-cdla"), entry);
  EXPECT_EQ(FindByName("picodet"), nullptr);
}

TEST(Catalogue, PutsAMirrorInPlaceOfTheBase) {
  const CatalogueEntry& entry = *FindByName("picodet-table");

  EXPECT_EQ(UrlOf(entry, ""),
            "https://www.modelscope.cn/models/RapidAI/RapidLayout/resolve/v1.2.0/onnx/pp_layout/layout_table.onnx");
  EXPECT_EQ(UrlOf(entry, "http://mirror/a/"), "http://mirror/a/onnx/pp_layout/layout_table.onnx");
}

TEST(Catalogue, KeepsModelsWhereUserDataBelongs) {
  setenv("HOME", "/home/someone", 1);
  setenv("XDG_DATA_HOME", "/data", 1);
  EXPECT_EQ(*ModelsFolder(), "/data/doclayout/models");
  setenv("XDG_DATA_HOME", "relative", 1);  // to be ignored, says the specification
  EXPECT_EQ(*ModelsFolder(), "/home/someone/.local/share/doclayout/models");
  unsetenv("XDG_DATA_HOME");
  EXPECT_EQ(*ModelsFolder(), "/home/someone/.local/share/doclayout/models");
  unsetenv("HOME");
  EXPECT_FALSE(ModelsFolder());
}

}  // namespace
}  // namespace doclayout::model
