#include "base/token_bucket.h"

#define NS_PER_SECOND 1e9

static void refill(struct token_bucket *bucket, uint64_t now_ns)
{
	double seconds = (double)(now_ns - bucket->refilled_ns) / NS_PER_SECOND;

	bucket->tokens += seconds * bucket->per_second;
	if (bucket->tokens > bucket->burst)
		bucket->tokens = bucket->burst;
	bucket->refilled_ns = now_ns;
}

void token_bucket_init(struct token_bucket *bucket, double burst, double per_second,
		       uint64_t now_ns)
{
	*bucket = (struct token_bucket){
		.tokens = burst,
		.burst = burst,
		.per_second = per_second,
		.refilled_ns = now_ns,
	};
}

void token_bucket_set_rate(struct token_bucket *bucket, double per_second, uint64_t now_ns)
{
	refill(bucket, now_ns);
	bucket->per_second = per_second;
}

bool token_bucket_has(struct token_bucket *bucket, uint64_t now_ns)
{
	return token_bucket_wait_ns(bucket, now_ns) == 0;
}

bool token_bucket_take(struct token_bucket *bucket, uint64_t now_ns)
{
	if (!token_bucket_has(bucket, now_ns))
		return false;
	/* After token_bucket_wait_ns() there must be a token, even if rounding left a bit less. */
	bucket->tokens = bucket->tokens > 1 ? bucket->tokens - 1 : 0;
	return true;
}

bool token_bucket_take_above(struct token_bucket *bucket, double tokens, double reserve,
			     uint64_t now_ns)
{
	refill(bucket, now_ns);
	if (bucket->tokens < tokens + reserve)
		return false;
	bucket->tokens -= tokens;
	return true;
}

void token_bucket_charge(struct token_bucket *bucket, double tokens, uint64_t now_ns)
{
	refill(bucket, now_ns);
	bucket->tokens -= tokens;
}

uint64_t token_bucket_wait_ns(struct token_bucket *bucket, uint64_t now_ns)
{
	refill(bucket, now_ns);
	if (bucket->tokens >= 1)
		return 0;
	return (uint64_t)((1 - bucket->tokens) / bucket->per_second * NS_PER_SECOND);
}

bool token_bucket_is_full(struct token_bucket *bucket, uint64_t now_ns)
{
	refill(bucket, now_ns);
	return bucket->tokens >= bucket->burst;
}
