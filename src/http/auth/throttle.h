/*
 * How often somebody may try a password: by address, and by user name. After some failures each
 * further one doubles the time until the next try is looked at.
 *
 * A table of fixed size with a secret hash: nobody can push an entry out by filling it, nor choose
 * whose entry to share. Where two keys share one, both wait. Loop thread.
 */
#ifndef HARVESTER_HTTP_AUTH_THROTTLE_H
#define HARVESTER_HTTP_AUTH_THROTTLE_H

#include <stddef.h>
#include <stdint.h>

#define WEB_THROTTLE_SLOTS 512
#define WEB_THROTTLE_FREE 4			   /* tries that cost no time */
#define WEB_THROTTLE_FORGET_MS (60ull * 60 * 1000) /* without a try: all is forgotten */

struct web_throttle {
	uint64_t delay_max_ms;
	unsigned char secret[16];
	struct {
		uint64_t last_ms; /* of the last try that was let through */
		uint64_t blocked_until_ms;
		unsigned tries;
	} slots[WEB_THROTTLE_SLOTS];
};

/* The longest delay that failures can lead to. */
void web_throttle_init(struct web_throttle *throttle, uint64_t delay_max_ms);

/*
 * May this key try now (times are of one monotonic clock)? 0, or how long it has to wait, in
 * ms. A try counts as failed from its begin, so that many at once do not slip through.
 */
uint64_t web_throttle_wait(const struct web_throttle *throttle, const void *key, size_t size,
			   uint64_t now_ms);
void web_throttle_count(struct web_throttle *throttle, const void *key, size_t size,
			uint64_t now_ms);

/* It succeeded: forget the key's failures. */
void web_throttle_forgive(struct web_throttle *throttle, const void *key, size_t size);

#endif
