#include "http/auth/throttle.h"

#include <sodium.h>
#include <string.h>

#define FIRST_DELAY_MS 1000

static size_t find(const struct web_throttle *throttle, const void *key, size_t size)
{
	uint64_t hash;

	crypto_shorthash((unsigned char *)&hash, key, size, throttle->secret);
	return hash % WEB_THROTTLE_SLOTS;
}

void web_throttle_init(struct web_throttle *throttle, uint64_t delay_max_ms)
{
	*throttle = (struct web_throttle){.delay_max_ms = delay_max_ms};
	randombytes_buf(throttle->secret, sizeof(throttle->secret));
}

uint64_t web_throttle_wait(const struct web_throttle *throttle, const void *key, size_t size,
			   uint64_t now_ms)
{
	uint64_t until = throttle->slots[find(throttle, key, size)].blocked_until_ms;

	return until > now_ms ? until - now_ms : 0;
}

static uint64_t delay_after(const struct web_throttle *throttle, unsigned tries)
{
	uint64_t delay = FIRST_DELAY_MS;

	if (tries < WEB_THROTTLE_FREE)
		return 0;
	for (unsigned i = WEB_THROTTLE_FREE; i < tries && delay < throttle->delay_max_ms; i++)
		delay *= 2;
	return delay < throttle->delay_max_ms ? delay : throttle->delay_max_ms;
}

void web_throttle_count(struct web_throttle *throttle, const void *key, size_t size,
			uint64_t now_ms)
{
	size_t i = find(throttle, key, size);

	if (now_ms - throttle->slots[i].last_ms >= WEB_THROTTLE_FORGET_MS)
		throttle->slots[i].tries = 0;
	throttle->slots[i].last_ms = now_ms;
	throttle->slots[i].tries++;
	throttle->slots[i].blocked_until_ms =
		now_ms + delay_after(throttle, throttle->slots[i].tries);
}

void web_throttle_forgive(struct web_throttle *throttle, const void *key, size_t size)
{
	size_t i = find(throttle, key, size);

	throttle->slots[i].tries = 0;
	throttle->slots[i].blocked_until_ms = 0;
}
