#pragma once

#include <cstdint>
#include <string_view>

namespace doclayout::health {

/// Whose fault an Xid error is.
enum class XidKind {
  kCritical,     ///< the GPU, its memory, its link or its firmware: it needs a reset, or a person
  kApplication,  ///< what a program did: another process's programs are told of too
  kOther,        ///< either
};

/// What an Xid error, the driver's number for something that went wrong on a GPU, means.
struct XidMeaning {
  XidKind kind = XidKind::kOther;
  std::string_view text = "not in this program's list";
};

/// After NVIDIA's catalogue, https://docs.nvidia.com/deploy/xid-errors/. Thread-safe.
XidMeaning MeaningOfXid(std::uint64_t xid);

}  // namespace doclayout::health
