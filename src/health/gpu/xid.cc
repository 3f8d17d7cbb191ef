#include "health/gpu/xid.h"

#include <algorithm>
#include <array>

namespace doclayout::health {
namespace {

struct Entry {
  std::uint64_t xid;
  XidMeaning meaning;
};

constexpr std::array kCatalogue = {
    Entry{13, {XidKind::kApplication, "a kernel raised an exception"}},
    Entry{31, {XidKind::kApplication, "a kernel touched memory that is not its own"}},
    Entry{43, {XidKind::kApplication, "a program's work was stopped after a fault of its own"}},
    Entry{45, {XidKind::kApplication, "a program's work was cleared away after an earlier error"}},
    Entry{46, {XidKind::kCritical, "the GPU stopped processing"}},
    Entry{48, {XidKind::kCritical, "a double-bit error in its memory"}},
    Entry{61, {XidKind::kCritical, "its micro-controller hit a breakpoint"}},
    Entry{62, {XidKind::kCritical, "its micro-controller halted"}},
    Entry{63, {XidKind::kCritical, "bad memory was set aside; a reset is needed for it to take effect"}},
    Entry{64, {XidKind::kCritical, "bad memory could not be set aside"}},
    Entry{68, {XidKind::kApplication, "the video decoder raised an exception"}},
    Entry{69, {XidKind::kCritical, "its graphics engine failed"}},
    Entry{74, {XidKind::kCritical, "an NVLink error"}},
    Entry{79, {XidKind::kCritical, "it fell off the bus"}},
    Entry{92, {XidKind::kCritical, "its memory has single-bit errors at a high rate"}},
    Entry{94, {XidKind::kCritical, "an uncorrected error in its memory, contained to one program"}},
    Entry{95, {XidKind::kCritical, "an uncorrected error in its memory, not contained"}},
    Entry{109, {XidKind::kApplication, "a program's work could not be switched away in time"}},
    Entry{119, {XidKind::kCritical, "its system processor (GSP) does not answer"}},
    Entry{120, {XidKind::kCritical, "its system processor (GSP) failed"}},
    Entry{140, {XidKind::kCritical, "an error in its memory that was not recovered from"}},
};

}  // namespace

XidMeaning MeaningOfXid(std::uint64_t xid) {
  const auto* found = std::ranges::find(kCatalogue, xid, &Entry::xid);
  return found == kCatalogue.end() ? XidMeaning{} : found->meaning;
}

}  // namespace doclayout::health
