#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/clients/address.h"
#include "http/clients/rate.h"
#include "http/problem.h"
#include "http/request_head.h"
#include "metrics/exemplar.h"

namespace doclayout::tracing {
class RequestTrace;
}  // namespace doclayout::tracing

namespace doclayout::http {

struct Route;

/// A request on its way through the server and what is known of it. Lives on the I/O thread and is touched by no other;
/// what a worker needs is copied into its task.
struct Exchange {
  RequestHead head;
  std::optional<Problem> broken;  ///< the request did not become one: `head` is incomplete
  std::string_view path;          ///< the target without its query, into `head`
  std::string_view query;         ///< behind the '?', still encoded, into `head`
  const Route* route = nullptr;   ///< null for an unknown path
  std::optional<Address> peer;    ///< the other end of the socket; nullopt when it had gone
  std::string client;             ///< its key's name, or its address (never alike): what limits and fairness go by
  std::optional<Rate> own_rate;   ///< of its key, in place of the service's
  bool bulk_only = false;         ///< its key does not allow the priority "interactive"; see `CheckPriority`
  std::string request_id;
  std::string trace_id;                          ///< hexadecimal; empty without a trace
  std::shared_ptr<tracing::RequestTrace> trace;  ///< null when none are recorded
  metrics::Exemplar exemplar;                    ///< its trace where somebody records that, we or the caller
  bool spare_connection = false;                 ///< on a connection beyond the limit: for probes only
  bool last_of_connection = false;  ///< draining, and nothing stands behind it; set when the answer is there
  bool cancelled = false;           ///< the caller went away before the answer was written
  TimePoint started;                ///< when its first byte was there
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

}  // namespace doclayout::http
