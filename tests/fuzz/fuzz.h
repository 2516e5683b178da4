/*
 * What the fuzz targets share: the entry that libFuzzer (or replay.c) calls, a reader that takes
 * the input apart, and a check that ends the process.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);    \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* The rest of the input. Numbers are little-endian; what is missing at its end is 0. */
struct feed {
	const uint8_t *data;
	size_t size;
};

/* Up to `max` bytes; borrowed from the input. Never NULL. */
static inline const uint8_t *feed_bytes(struct feed *feed, size_t max, size_t *ret_size)
{
	const uint8_t *data = feed->data;
	size_t size = max < feed->size ? max : feed->size;

	feed->data += size;
	feed->size -= size;
	*ret_size = size;
	return data;
}

static inline void feed_fill(struct feed *feed, void *ret_data, size_t size)
{
	size_t got;
	const uint8_t *data = feed_bytes(feed, size, &got);

	memcpy(ret_data, data, got);
	memset((uint8_t *)ret_data + got, 0, size - got);
}

static inline uint64_t feed_number(struct feed *feed, size_t size)
{
	uint8_t bytes[8];
	uint64_t number = 0;

	feed_fill(feed, bytes, size);
	for (size_t i = size; i-- > 0;)
		number = number << 8 | bytes[i];
	return number;
}

static inline uint8_t feed_u8(struct feed *feed)
{
	return (uint8_t)feed_number(feed, 1);
}

static inline uint16_t feed_u16(struct feed *feed)
{
	return (uint16_t)feed_number(feed, 2);
}

static inline uint32_t feed_u32(struct feed *feed)
{
	return (uint32_t)feed_number(feed, 4);
}

#endif
