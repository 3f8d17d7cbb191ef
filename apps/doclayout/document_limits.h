#pragma once

#include "config/config.h"
#include "decode/document.h"

namespace doclayout {

/// What the decoders are told of the options.
inline decode::Limits DocumentLimits(const config::DocumentConfig& config) {
  return {.max_pixels = config.max_pixels,
          .max_pages = config.max_pages,
          .max_document_pixels = config.max_document_pixels};
}

}  // namespace doclayout
