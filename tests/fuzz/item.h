/* CBOR from the input, through the same gate as everything that a guest sends. */
#ifndef TESTS_FUZZ_ITEM_H
#define TESTS_FUZZ_ITEM_H

#include <endian.h>

#include "base/buffer.h"
#include "fuzz.h"
#include "wire/frame.h"

/* The item as the third of a frame; NULL: the gate refused it. */
static inline cbor_item_t *item_load(const uint8_t *data, size_t size)
{
	static const char head[] = {(char)0x83, FRAME_HOST, 0};
	uint32_t header = htole32((uint32_t)(sizeof(head) + size));
	cbor_item_t *frame, *item = NULL;
	struct buffer buffer;

	buffer_init(&buffer, sizeof(header) + sizeof(head) + size);
	buffer_append(&buffer, &header, sizeof(header));
	buffer_append(&buffer, head, sizeof(head));
	buffer_append(&buffer, data, size);
	CHECK(!buffer.failed);
	if (frame_next(&buffer, FRAME_FROM_GUEST_MAX, &frame, NULL) == 1) {
		item = cbor_incref(cbor_array_handle(frame)[2]);
		cbor_decref(&frame);
	}
	buffer_finish(&buffer);
	return item;
}

#endif
