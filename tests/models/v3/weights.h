#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace doclayout::v3 {

/// Makes the weights file from the lines of `weights.csv`: little-endian float32, each tensor at its offset.
///
/// A line is `offset,count,const,value` or `offset,count,fill,scale,seed,rows,columns,[t] [override]…`; numbers with a
/// fraction are hexadecimal floats, the seed is hexadecimal. `fill` draws odd integers with splitmix64 in counter mode,
/// makes the sum of each row exactly zero and scales by one double, so that the same bits come out everywhere. `t`
/// transposes at the end. An override sets a row (`r3=x`), a column (`c0=x`) or an element (`e0.7=x`) before that.
///
/// Thread-safe. `kBadModel` for a line that is not of this form.
Result<std::vector<std::uint8_t>> MakeWeights(std::string_view rules);

}  // namespace doclayout::v3
