#pragma once

#include <string>
#include <vector>

#include "base/clock.h"

namespace doclayout {

/// Where a thread of this process is, for the log of one that hangs: a line a call, the innermost first, as
/// `function file:line`, or `module+0x12ab4c`, which addr2line understands, where the module does not say more.
///
/// Interrupts the thread with the signal SIGURG, which nothing else of the process may use, and waits up to `patience`
/// for it to answer: empty when it does not, which a thread that hangs in the kernel may not. System calls of the
/// thread are begun again and not cut short. Any thread, one at a time for the process. Reading the program's debug
/// information takes some 100 ms the first time.
std::vector<std::string> StackOfThread(int thread_id, Duration patience);

}  // namespace doclayout
