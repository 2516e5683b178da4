/*
 * A token bucket, which limits a rate: `burst` actions at once, then `per_second` a second (RFC
 * 2697). A plain value without locks: one thread at a time.
 */
#ifndef HARVESTER_BASE_TOKEN_BUCKET_H
#define HARVESTER_BASE_TOKEN_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct token_bucket {
	double tokens; /* as of refilled_ns; at most burst, below 0 after a charge */
	double burst, per_second;
	uint64_t refilled_ns; /* monotonic */
};

/* Start with a full bucket. burst: at least 1; per_second: above 0; now_ns: monotonic time. */
void token_bucket_init(struct token_bucket *bucket, double burst, double per_second,
		       uint64_t now_ns);

/* Change the rate from now_ns on. per_second: above 0. */
void token_bucket_set_rate(struct token_bucket *bucket, double per_second, uint64_t now_ns);

/* True if there is a token. Takes none. */
bool token_bucket_has(struct token_bucket *bucket, uint64_t now_ns);

/* Take one token. Returns false, and takes nothing, if there is none. */
bool token_bucket_take(struct token_bucket *bucket, uint64_t now_ns);

/* Take `tokens` if `reserve` tokens are left afterwards. Otherwise take none and return false. */
bool token_bucket_take_above(struct token_bucket *bucket, double tokens, double reserve,
			     uint64_t now_ns);

/*
 * Take `tokens` (0 or more) for an action whose cost is known only afterwards; ask
 * token_bucket_has() before the action. The bucket may go below zero; the next token then comes
 * accordingly later.
 */
void token_bucket_charge(struct token_bucket *bucket, double tokens, uint64_t now_ns);

/* Nanoseconds until the next token; 0 if there is one now. */
uint64_t token_bucket_wait_ns(struct token_bucket *bucket, uint64_t now_ns);

/* True if the bucket is full. It is then equal to a new one, so the caller can discard it. */
bool token_bucket_is_full(struct token_bucket *bucket, uint64_t now_ns);

#endif
