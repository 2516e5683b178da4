#include "store/history/pack.h"

#include <math.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json_text.h"

#define TAG_NULL 0
#define TAG_FALSE 1
#define TAG_TRUE 2
#define TAG_REAL 3     /* 8 bytes, little-endian IEEE 754 */
#define TAG_TEXT 4     /* a size and that many bytes of UTF-8 */
#define TAG_JSON 5     /* a size and that many bytes of JSON text */
#define TAG_INTEGER 6  /* signed */
#define TAG_DECIMAL 16 /* to 25: a signed integer, to be divided by 10^(tag - 16) */

#define PLACES_MAX 9
#define WHOLE_MAX 0x1p48 /* from here on the 8 bytes of a real are as short */

static const double powers[PLACES_MAX + 1] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

/* Packing */

static int put_byte(struct buffer *buffer, uint8_t byte)
{
	return buffer_append(buffer, &byte, 1);
}

int history_pack_count(struct buffer *buffer, uint64_t count)
{
	uint8_t bytes[10];
	size_t size = 0;

	do {
		bytes[size] = (uint8_t)((count & 0x7f) | (count > 0x7f ? 0x80 : 0));
		size++;
		count >>= 7;
	} while (count);
	return buffer_append(buffer, bytes, size);
}

static void put_signed(struct buffer *buffer, uint8_t tag, int64_t number)
{
	uint64_t doubled = (uint64_t)number << 1;

	put_byte(buffer, tag);
	history_pack_count(buffer, number < 0 ? ~doubled : doubled);
}

static void put_bytes(struct buffer *buffer, uint8_t tag, const char *text, size_t size)
{
	put_byte(buffer, tag);
	history_pack_count(buffer, size);
	buffer_append(buffer, text, size);
}

static void put_double(struct buffer *buffer, double number)
{
	uint64_t bits;
	uint8_t bytes[9] = {TAG_REAL};

	memcpy(&bits, &number, sizeof(bits));
	for (int i = 0; i < 8; i++)
		bytes[1 + i] = (uint8_t)(bits >> (8 * i));
	buffer_append(buffer, bytes, sizeof(bytes));
}

int history_pack_real(struct buffer *buffer, double number)
{
	bool is_plain = isfinite(number) && !(number == 0 && signbit(number));

	for (int places = 0; is_plain && places <= PLACES_MAX; places++) {
		double whole = rint(number * powers[places]);

		if (fabs(whole) >= WHOLE_MAX)
			break;
		if (whole / powers[places] == number) {
			put_signed(buffer, (uint8_t)(TAG_DECIMAL + places), (int64_t)whole);
			return buffer->failed;
		}
	}
	put_double(buffer, number);
	return buffer->failed;
}

static int put_json(struct buffer *buffer, const json_t *value)
{
	char *text = json_text(value);

	if (!text)
		return ERROR_NO_MEMORY;
	put_bytes(buffer, TAG_JSON, text, strlen(text));
	free(text);
	return 0;
}

static int put_value(struct buffer *buffer, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_NULL:
		return put_byte(buffer, TAG_NULL);
	case JSON_FALSE:
		return put_byte(buffer, TAG_FALSE);
	case JSON_TRUE:
		return put_byte(buffer, TAG_TRUE);
	case JSON_INTEGER:
		put_signed(buffer, TAG_INTEGER, json_integer_value(value));
		return 0;
	case JSON_REAL:
		return history_pack_real(buffer, json_real_value(value));
	case JSON_STRING:
		put_bytes(buffer, TAG_TEXT, json_string_value(value), json_string_length(value));
		return 0;
	case JSON_OBJECT:
	case JSON_ARRAY:
		break;
	}
	return put_json(buffer, value);
}

static bool is_name(const char *name)
{
	const char *at = name;

	while ((unsigned char)*at >= 0x20)
		at++;
	return at > name && !*at;
}

int history_pack(const json_t *data, struct buffer *fields, struct buffer *values)
{
	bool is_first = true;
	const char *name;
	json_t *value;
	int ret;

	json_object_foreach((json_t *)data, name, value)
	{
		if (!is_name(name))
			return ERROR_INVALID;
		if (!is_first)
			buffer_append(fields, "\n", 1);
		is_first = false;
		buffer_append_text(fields, name);
		ret = put_value(values, value);
		if (ret)
			return ret;
	}
	/* Without field names, the value is the whole object. */
	if (is_first)
		put_bytes(values, TAG_JSON, "{}", 2);
	return fields->failed ? fields->failed : values->failed;
}

int history_pack_whole(const json_t *data, struct buffer *values)
{
	int ret = put_json(values, data);

	return ret ? ret : values->failed;
}

/* Unpacking */

struct packed {
	uint8_t tag;
	int64_t whole;
	double real;
	const char *text;
	size_t size;
};

void history_walk_init(struct history_walk *walk, const char *fields, size_t fields_size,
		       const void *values, size_t size)
{
	walk->fields = fields;
	walk->fields_end = fields_size ? fields + fields_size : fields;
	walk->at = values;
	walk->end = size ? walk->at + size : walk->at;
}

bool history_walk_count(struct history_walk *walk, uint64_t *ret_count)
{
	uint64_t count = 0;

	for (unsigned shift = 0; shift < 64 && walk->at < walk->end; shift += 7) {
		uint8_t byte = *walk->at++;

		count |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		*ret_count = count;
		return true;
	}
	return false;
}

static bool take_signed(struct history_walk *walk, int64_t *ret_number)
{
	uint64_t doubled;

	if (!history_walk_count(walk, &doubled))
		return false;
	*ret_number = (int64_t)((doubled >> 1) ^ (~(doubled & 1) + 1));
	return true;
}

static bool take_double(struct history_walk *walk, double *ret_number)
{
	uint64_t bits = 0;

	if (walk->end - walk->at < 8)
		return false;
	for (int i = 0; i < 8; i++)
		bits |= (uint64_t)*walk->at++ << (8 * i);
	memcpy(ret_number, &bits, sizeof(bits));
	return true;
}

static bool take_bytes(struct history_walk *walk, struct packed *ret_value)
{
	uint64_t size;

	if (!history_walk_count(walk, &size) || size > (uint64_t)(walk->end - walk->at))
		return false;
	ret_value->text = (const char *)walk->at;
	ret_value->size = (size_t)size;
	walk->at += size;
	return true;
}

static bool take_value(struct history_walk *walk, struct packed *ret_value)
{
	if (walk->at >= walk->end)
		return false;
	ret_value->tag = *walk->at++;
	switch (ret_value->tag) {
	case TAG_NULL:
	case TAG_FALSE:
	case TAG_TRUE:
		return true;
	case TAG_REAL:
		return take_double(walk, &ret_value->real);
	case TAG_TEXT:
	case TAG_JSON:
		return take_bytes(walk, ret_value);
	case TAG_INTEGER:
		return take_signed(walk, &ret_value->whole);
	default:
		break;
	}
	if (ret_value->tag < TAG_DECIMAL || ret_value->tag > TAG_DECIMAL + PLACES_MAX ||
	    !take_signed(walk, &ret_value->whole))
		return false;
	ret_value->real = (double)ret_value->whole / powers[ret_value->tag - TAG_DECIMAL];
	ret_value->tag = TAG_REAL;
	return true;
}

static bool take_name(struct history_walk *walk, const char **ret_name, size_t *ret_size)
{
	const char *end;

	if (walk->fields >= walk->fields_end)
		return false;
	end = memchr(walk->fields, '\n', (size_t)(walk->fields_end - walk->fields));
	*ret_name = walk->fields;
	*ret_size = (size_t)((end ? end : walk->fields_end) - walk->fields);
	walk->fields = end ? end + 1 : walk->fields_end;
	return true;
}

bool history_walk_number(struct history_walk *walk, const char **ret_name, size_t *ret_name_size,
			 bool *ret_is_number, double *ret_number)
{
	struct packed value;

	if (!take_name(walk, ret_name, ret_name_size) || !take_value(walk, &value))
		return false;
	*ret_is_number = value.tag == TAG_REAL || value.tag == TAG_INTEGER ||
			 value.tag == TAG_TRUE || value.tag == TAG_FALSE;
	*ret_number = value.tag == TAG_REAL	 ? value.real
		      : value.tag == TAG_INTEGER ? (double)value.whole
						 : (double)(value.tag == TAG_TRUE);
	return true;
}

bool history_walk_real(struct history_walk *walk, double *ret_number)
{
	struct packed value;

	if (!take_value(walk, &value) || value.tag != TAG_REAL)
		return false;
	*ret_number = value.real;
	return true;
}

static json_t *to_json(const struct packed *value)
{
	switch (value->tag) {
	case TAG_NULL:
		return json_null();
	case TAG_FALSE:
		return json_false();
	case TAG_TRUE:
		return json_true();
	case TAG_REAL:
		return json_real(value->real);
	case TAG_INTEGER:
		return json_integer(value->whole);
	case TAG_TEXT:
		return json_stringn(value->text, value->size);
	default:
		return json_loadb(value->text, value->size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	}
}

static json_t *unpack_whole(struct history_walk *walk)
{
	struct packed value;
	json_t *whole;

	if (!take_value(walk, &value) || value.tag != TAG_JSON || walk->at != walk->end)
		return NULL;
	whole = to_json(&value);
	if (json_is_object(whole))
		return whole;
	json_decref(whole);
	return NULL;
}

json_t *history_unpack(const char *fields, size_t fields_size, const void *values, size_t size)
{
	struct history_walk walk;
	struct packed value;
	size_t name_size;
	const char *name;
	json_t *data;

	history_walk_init(&walk, fields, fields_size, values, size);
	if (!fields_size)
		return unpack_whole(&walk);
	data = json_object();
	while (data && take_name(&walk, &name, &name_size)) {
		if (take_value(&walk, &value) &&
		    !json_object_setn_new(data, name, name_size, to_json(&value)))
			continue;
		json_decref(data);
		return NULL;
	}
	if (walk.at == walk.end)
		return data;
	json_decref(data);
	return NULL;
}
