/*
 * Slows down password guessing: limits how often a key (a client's address, or a user name) may try
 * to log in. After WEB_THROTTLE_FREE failures each further one doubles the waiting time.
 *
 * The table has a fixed size and a hash function with a secret, so that an attacker can neither
 * evict an entry by filling the table nor choose whose entry to share. Two keys that share an entry
 * share its waiting time. Loop thread. All times are milliseconds of one monotonic clock.
 */
#ifndef HARVESTER_HTTP_AUTH_THROTTLE_H
#define HARVESTER_HTTP_AUTH_THROTTLE_H

#include <stddef.h>
#include <stdint.h>

#define WEB_THROTTLE_SLOTS 512
#define WEB_THROTTLE_FREE 4 /* failures without a waiting time */
#define WEB_THROTTLE_FORGET_MS                                                                     \
	(60ull * 60 * 1000) /* after this time without a try, failures are forgotten */

struct web_throttle {
	uint64_t delay_max_ms;
	unsigned char secret[16];
	struct {
		uint64_t last_ms; /* of the last counted try */
		uint64_t blocked_until_ms;
		unsigned tries;
	} slots[WEB_THROTTLE_SLOTS];
};

/* delay_max_ms: the longest waiting time. */
void web_throttle_init(struct web_throttle *throttle, uint64_t delay_max_ms);

/* How many milliseconds this key must still wait before its next try; 0: it may try now. */
uint64_t web_throttle_wait(const struct web_throttle *throttle, const void *key, size_t size,
			   uint64_t now_ms);

/*
 * Count a try as failed. Call it before the password is checked, so that many simultaneous tries
 * are all counted; after a success call web_throttle_forgive().
 */
void web_throttle_count(struct web_throttle *throttle, const void *key, size_t size,
			uint64_t now_ms);

/* The try succeeded: forget the key's failures. */
void web_throttle_forgive(struct web_throttle *throttle, const void *key, size_t size);

#endif
