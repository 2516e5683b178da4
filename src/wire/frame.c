#include "wire/frame.h"

#include <endian.h>
#include <stdarg.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "wire/value.h"

/*
 * A scan over the heads of a frame's items, before libcbor decodes them. libcbor allocates an array
 * of the size that its head announces, so a few bytes could make the broker allocate gigabytes.
 */
struct scan {
	uint64_t items;			/* announced so far, the outermost included */
	uint64_t limit;			/* of items; each takes at least a byte */
	uint64_t open[FRAME_DEPTH_MAX]; /* items still missing on each level */
	unsigned depth;
	int bad; /* 0, ERROR_MALFORMED or ERROR_TOO_LARGE */
};

static void scan_item(void *context)
{
	struct scan *scan = context;

	while (scan->depth && --scan->open[scan->depth - 1] == 0)
		scan->depth--;
}

static void scan_open(struct scan *scan, uint64_t items)
{
	if (!items) {
		scan_item(scan);
		return;
	}
	if (scan->depth == FRAME_DEPTH_MAX || items > scan->limit - scan->items) {
		scan->bad = ERROR_TOO_LARGE;
		return;
	}
	scan->items += items;
	scan->open[scan->depth++] = items;
}

static void scan_array(void *context, size_t size)
{
	scan_open(context, size);
}

static void scan_map(void *context, size_t size)
{
	struct scan *scan = context;

	if (size > scan->limit / 2)
		scan->bad = ERROR_TOO_LARGE;
	else
		scan_open(scan, 2 * (uint64_t)size);
}

static void scan_refuse(void *context)
{
	((struct scan *)context)->bad = ERROR_MALFORMED;
}

static void scan_tag(void *context, uint64_t tag)
{
	(void)tag;
	scan_refuse(context);
}

#define SCAN_SCALAR(name, type)                                                                    \
	static void scan_##name(void *context, type value)                                         \
	{                                                                                          \
		(void)value;                                                                       \
		scan_item(context);                                                                \
	}

SCAN_SCALAR(u8, uint8_t)
SCAN_SCALAR(u16, uint16_t)
SCAN_SCALAR(u32, uint32_t)
SCAN_SCALAR(u64, uint64_t)
SCAN_SCALAR(float, float)
SCAN_SCALAR(double, double)
SCAN_SCALAR(bool, bool)

static void scan_string(void *context, cbor_data data, size_t size)
{
	(void)data;
	(void)size;
	scan_item(context);
}

static const struct cbor_callbacks scan_callbacks = {
	.uint8 = scan_u8,
	.uint16 = scan_u16,
	.uint32 = scan_u32,
	.uint64 = scan_u64,
	.negint8 = scan_u8,
	.negint16 = scan_u16,
	.negint32 = scan_u32,
	.negint64 = scan_u64,
	.byte_string = scan_string,
	.byte_string_start = scan_refuse,
	.string = scan_string,
	.string_start = scan_refuse,
	.array_start = scan_array,
	.indef_array_start = scan_refuse,
	.map_start = scan_map,
	.indef_map_start = scan_refuse,
	.tag = scan_tag,
	.float2 = scan_float,
	.float4 = scan_float,
	.float8 = scan_double,
	.undefined = scan_refuse,
	.null = scan_item,
	.boolean = scan_bool,
	.indef_break = scan_refuse,
};

/* Check that `data` is exactly one well-formed item within the limits. */
static int scan_frame(const unsigned char *data, size_t size)
{
	struct scan scan = {
		.limit = size < FRAME_ITEMS_MAX ? size : FRAME_ITEMS_MAX,
		.items = 1,
	};
	size_t at = 0;

	do {
		struct cbor_decoder_result result =
			cbor_stream_decode(data + at, size - at, &scan_callbacks, &scan);

		if (result.status != CBOR_DECODER_FINISHED)
			return ERROR_MALFORMED;
		if (scan.bad)
			return scan.bad;
		at += result.read;
	} while (scan.depth);
	return at == size ? 0 : ERROR_MALFORMED;
}

static bool has_head(const cbor_item_t *frame)
{
	if (!cbor_isa_array(frame) || cbor_array_size(frame) < 2)
		return false;
	for (size_t i = 0; i < 2; i++) {
		if (!cbor_isa_uint(cbor_array_handle(frame)[i]))
			return false;
	}
	return true;
}

int frame_next(struct buffer *buffer, size_t limit, cbor_item_t **ret_frame, struct error *err)
{
	struct cbor_load_result result;
	const unsigned char *data;
	cbor_item_t *frame;
	uint32_t size;
	int ret;

	if (buffer->size < FRAME_HEADER_SIZE)
		return 0;
	memcpy(&size, buffer->data, sizeof(size));
	size = le32toh(size);
	if (size > limit)
		return error_set(err, ERROR_TOO_LARGE,
				 "a frame of %u bytes, the limit is %zu: the plugin must return or "
				 "pass less at once",
				 size, limit);
	if (buffer->size - FRAME_HEADER_SIZE < size)
		return 0;
	data = (const unsigned char *)buffer->data + FRAME_HEADER_SIZE;
	ret = scan_frame(data, size);
	if (ret)
		return error_set(err, ret,
				 "a frame of %u bytes that is not CBOR, or has too many items or "
				 "levels: send a simpler value",
				 size);
	frame = cbor_load(data, size, &result);
	if (!frame)
		return error_set(
			err, ERROR_NO_MEMORY,
			"a frame of %u bytes: out of memory; this machine needs more free memory",
			size);
	if (!has_head(frame)) {
		cbor_decref(&frame);
		return error_set(err, ERROR_MALFORMED,
				 "a frame that does not begin with its type and id: reinstall "
				 "harvester, so that node and guest have one version");
	}
	buffer_consume(buffer, FRAME_HEADER_SIZE + size);
	*ret_frame = frame;
	return 1;
}

static cbor_item_t *build(enum frame_type type, uint64_t id, size_t count, va_list items)
{
	cbor_item_t *frame = cbor_new_definite_array(count + 2);
	bool whole = frame && cbor_array_push(frame, cbor_move(cbor_build_uint8((uint8_t)type))) &&
		     cbor_array_push(frame, cbor_move(cbor_build_uint64(id)));

	for (size_t i = 0; i < count; i++) {
		cbor_item_t *item = va_arg(items, cbor_item_t *);

		if (!item) {
			whole = false;
			continue;
		}
		whole = whole && cbor_array_push(frame, item);
		cbor_decref(&item);
	}
	if (!whole && frame)
		cbor_decref(&frame);
	return whole ? frame : NULL;
}

int frame_append(struct buffer *buffer, enum frame_type type, uint64_t id, size_t count, ...)
{
	unsigned char *data;
	size_t size, capacity;
	cbor_item_t *frame;
	va_list items;
	uint32_t header;
	char *room;

	va_start(items, count);
	frame = build(type, id, count, items);
	va_end(items);
	if (!frame)
		return ERROR_NO_MEMORY;
	size = cbor_serialize_alloc(frame, &data, &capacity);
	cbor_decref(&frame);
	if (!size)
		return ERROR_NO_MEMORY;
	if (size > FRAME_SIZE_MAX) {
		free(data);
		return ERROR_TOO_LARGE;
	}
	header = htole32((uint32_t)size);
	room = buffer_reserve(buffer, FRAME_HEADER_SIZE + size);
	if (room) {
		memcpy(room, &header, FRAME_HEADER_SIZE);
		memcpy(room + FRAME_HEADER_SIZE, data, size);
		buffer_commit(buffer, FRAME_HEADER_SIZE + size);
	}
	free(data);
	return room ? 0 : buffer->failed;
}

uint64_t frame_type(const cbor_item_t *frame)
{
	return cbor_get_int(cbor_array_handle(frame)[0]);
}

uint64_t frame_id(const cbor_item_t *frame)
{
	return cbor_get_int(cbor_array_handle(frame)[1]);
}

int frame_get_outcome(const cbor_item_t *frame, enum frame_outcome *ret_outcome)
{
	uint64_t outcome;

	if (cbor_array_size(frame) != 4 || value_get_unsigned(frame, 2, OUTCOME_TRAPPED, &outcome))
		return ERROR_MALFORMED;
	*ret_outcome = (enum frame_outcome)outcome;
	return 0;
}
