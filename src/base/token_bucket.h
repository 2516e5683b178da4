/*
 * A token bucket (RFC 2697 calls its size the burst): so many actions at once, and so many a second
 * after that. A plain value without locks: one thread at a time.
 */
#ifndef HARVESTER_BASE_TOKEN_BUCKET_H
#define HARVESTER_BASE_TOKEN_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct token_bucket {
	double tokens; /* at refilled_ns; at most burst, below 0 after a charge */
	double burst, per_second;
	uint64_t refilled_ns; /* monotonic */
};

/* A full bucket. burst: at least 1; per_second: above 0. now_ns: of clock_monotonic_ns(). */
void token_bucket_init(struct token_bucket *bucket, double burst, double per_second,
		       uint64_t now_ns);

/* Is there a token? Takes none. */
bool token_bucket_has(struct token_bucket *bucket, uint64_t now_ns);

/* Take one token. Returns false, and changes nothing, if the bucket is empty. */
bool token_bucket_take(struct token_bucket *bucket, uint64_t now_ns);

/*
 * Pay for what was used after token_bucket_has() said yes, when its cost was not known before. The
 * bucket may go below zero; it then takes so much longer until there is a token again. tokens: 0 or
 * more.
 */
void token_bucket_charge(struct token_bucket *bucket, double tokens, uint64_t now_ns);

/* Nanoseconds until there is a token; 0 if there is one. */
uint64_t token_bucket_wait_ns(struct token_bucket *bucket, uint64_t now_ns);

/* Is it full again? Then a new bucket is just as good, and this one can be dropped. */
bool token_bucket_is_full(struct token_bucket *bucket, uint64_t now_ns);

#endif
