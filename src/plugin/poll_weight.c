#include "plugin/poll_weight.h"

#define BYTES_OF_A_VALUE 16

size_t poll_weight_cost(struct poll_weight weight)
{
	return weight.values * BYTES_OF_A_VALUE + weight.bytes;
}

/* The depth has a limit: FRAME_DEPTH_MAX. */
static void add_item(struct poll_weight *weight, const cbor_item_t *item, size_t limit)
{
	weight->values++;
	if (cbor_isa_string(item))
		weight->bytes += cbor_string_length(item);
	if (cbor_isa_map(item)) {
		for (size_t i = 0; i < cbor_map_size(item) && poll_weight_cost(*weight) <= limit;
		     i++) {
			const struct cbor_pair *pair = &cbor_map_handle(item)[i];

			if (cbor_isa_string(pair->key))
				weight->bytes += cbor_string_length(pair->key);
			add_item(weight, pair->value, limit);
		}
	} else if (cbor_isa_array(item)) {
		for (size_t i = 0; i < cbor_array_size(item) && poll_weight_cost(*weight) <= limit;
		     i++)
			add_item(weight, cbor_array_handle(item)[i], limit);
	}
}

/* Outside of strings there are at least as many commas and brackets as values besides the first. */
static struct poll_weight weigh_json(const char *text, size_t size, size_t limit)
{
	struct poll_weight weight = {.values = 1};
	bool in_string = false;

	for (size_t i = 0; i < size && poll_weight_cost(weight) <= limit; i++) {
		if (text[i] == '"') {
			in_string = !in_string;
		} else if (in_string) {
			weight.bytes++;
			i += text[i] == '\\';
		} else if (text[i] == ',' || text[i] == '[' || text[i] == '{') {
			weight.values++;
		}
	}
	return weight;
}

struct poll_weight poll_weigh(const cbor_item_t *value, bool is_json, size_t limit)
{
	struct poll_weight weight = {0};

	if (is_json && cbor_isa_string(value) && cbor_string_is_definite(value))
		return weigh_json((const char *)cbor_string_handle(value),
				  cbor_string_length(value), limit);
	add_item(&weight, value, limit);
	return weight;
}
