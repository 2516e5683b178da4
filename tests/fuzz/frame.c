/*
 * What a hostile guest writes to its socket: bytes in chunks of any size, through frame_next(), and
 * then everything that the broker may ask of an item. The first byte seeds the sizes of the chunks.
 */
#include "wire/frame.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/random.h"
#include "fuzz.h"
#include "wire/value.h"

#define INDEXES 4 /* past the end of most arrays */

static void ask_element(const cbor_item_t *array, size_t index)
{
	const uint8_t *bytes;
	uint64_t number;
	const char *text;
	size_t size;
	bool boolean;

	if (!value_get_unsigned(array, index, 255, &number))
		CHECK(number <= 255);
	value_get_bool(array, index, &boolean);
	/* Borrowed: each byte must be there. */
	if (!value_get_text(array, index, &text, &size))
		free(memcpy(malloc(size + 1), size ? text : "", size));
	if (!value_get_bytes(array, index, &bytes, &size))
		free(memcpy(malloc(size + 1), size ? bytes : (const uint8_t *)"", size));
}

static void ask(const cbor_item_t *item, bool with_json)
{
	struct error err = {0};
	json_t *json;

	for (size_t i = 0; i < INDEXES; i++)
		ask_element(item, i);
	CHECK(!value_is_bool(item) || !value_is_null(item));
	if (with_json && !value_to_json(item, &json, &err)) {
		char *text = json_dumps(json, JSON_ENCODE_ANY);

		CHECK(text);
		free(text);
		json_decref(json);
	}
	if (cbor_isa_array(item)) {
		for (size_t i = 0; i < cbor_array_size(item); i++)
			ask(cbor_array_handle(item)[i], false);
	} else if (cbor_isa_map(item)) {
		for (size_t i = 0; i < cbor_map_size(item); i++) {
			ask(cbor_map_handle(item)[i].key, false);
			ask(cbor_map_handle(item)[i].value, false);
		}
	}
}

struct summary {
	unsigned frames;
	uint64_t ids;
	int end;
};

/* All frames that are there; 0, or the code that ends the guest. */
static int take_frames(struct buffer *buffer, struct summary *summary)
{
	enum frame_outcome outcome;
	struct error err = {0};
	cbor_item_t *frame;
	int ret;

	while ((ret = frame_next(buffer, FRAME_FROM_GUEST_MAX, &frame, &err)) == 1) {
		CHECK(cbor_isa_array(frame) && cbor_array_size(frame) >= 2);
		summary->frames++;
		summary->ids = summary->ids * 31 + frame_id(frame) + frame_type(frame);
		if (!frame_get_outcome(frame, &outcome))
			CHECK(outcome <= OUTCOME_TRAPPED);
		for (size_t i = 0; i < cbor_array_size(frame); i++)
			ask(cbor_array_handle(frame)[i], true);
		ask(frame, false);
		cbor_decref(&frame);
	}
	CHECK(!ret || *err.text);
	return ret;
}

static struct summary feed_chunks(struct feed feed, size_t chunk_max, uint64_t seed)
{
	struct summary summary = {0};
	struct random random;
	struct buffer buffer;

	random_init(&random, seed);
	buffer_init(&buffer, FRAME_HEADER_SIZE + FRAME_FROM_GUEST_MAX);
	while (feed.size && !summary.end) {
		size_t size;
		const uint8_t *data = feed_bytes(&feed, 1 + random_u64(&random) % chunk_max, &size);

		CHECK(!buffer_append(&buffer, data, size));
		summary.end = take_frames(&buffer, &summary);
	}
	buffer_finish(&buffer);
	return summary;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed feed = {data, size};
	uint64_t seed = feed_u8(&feed);
	struct summary whole, chunked;

	whole = feed_chunks(feed, SIZE_MAX / 2, 0);
	chunked = feed_chunks(feed, 1 + seed, seed);
	/* How the bytes come makes no difference. */
	CHECK(whole.frames == chunked.frames && whole.ids == chunked.ids &&
	      whole.end == chunked.end);
	return 0;
}
