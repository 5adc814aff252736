/* http_wait.h: which requests may be tried again, and when.  For http.c. */
#ifndef SATCHEL_HTTP_WAIT_H
#define SATCHEL_HTTP_WAIT_H

#include <stdint.h>

/* Is it a status of a server that is busy for now: 408, 429, 502, 503, 504?
 * Does it say that the request was not carried out: 408, 429? */
int http_is_busy(int status);
int http_is_refusal(int status);

/* Milliseconds to wait after `tries` (>= 1) tries.  With a Retry-After (RFC
 * 9110 section 10.2.3; "" if none) that is a number or a date: as long as it
 * says, at least a second.  Else a random time between half and all of
 * base_ms * 2^(tries - 1).  Never over max_ms.  `now` is what a date is
 * compared to: the server's own clock, if it told it. */
uint64_t http_wait(unsigned tries, const char *retry_after, int64_t now,
    uint64_t base_ms, uint64_t max_ms);

#endif
