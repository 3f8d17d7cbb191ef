// Any bytes as a golden file of the embedded model; one that is good is written as it was read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "golden_file.h"
#include "model/model_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const doclayout::model::ModelCard kCard = doclayout::model::ModelFile::Embedded().card();
  const auto golden = doclayout::ReadGolden({reinterpret_cast<const char*>(data), size}, kCard);
  if (golden && (!golden->page || golden->page->image.empty() || !golden->regions)) std::abort();
  return 0;
}
