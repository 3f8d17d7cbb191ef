#pragma once

#include "http/clients/address.h"
#include "http/request_head.h"

namespace doclayout::http {

/// Who sent a request that came from `peer`.
///
/// A peer that is no trusted proxy is the caller itself: anybody can write X-Forwarded-For. Each proxy appends whom it
/// had the request from, so the header is read from its end, for as long as those are trusted; the first who is not is
/// the caller, and what stands before is hearsay. All trusted: the first of the list. No header, or one that cannot be
/// read up to there, or has more than 32 of them: the peer.
///
/// Thread-safe.
Address OriginOf(const Address& peer, const RequestHead& head, const Networks& trusted_proxies);

}  // namespace doclayout::http
