#pragma once

#include <memory>

#include "base/deadline.h"
#include "health/deep_health.h"
#include "http/analyze/page_service.h"
#include "types/page.h"

namespace doclayout::http {

/// Has one page of the service's own inferred on its way through the queue, as a user's would be, on a place that is
/// reserved for it: for deep health. Calls `done` once, on whatever thread that is, maybe before it returns: with what
/// was found, with why it was refused, or at the deadline. Thread-safe; does not block. The service must outlive the
/// call of `done`.
void InferReserved(PageService& pages, std::shared_ptr<const Page> page, Deadline deadline,
                   health::DeepHealth::SampleDone done);

}  // namespace doclayout::http
