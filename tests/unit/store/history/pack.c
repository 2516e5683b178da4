#include "store/history/pack.h"

#include <math.h>
#include <time.h>

#include "base/buffer.h"
#include "base/random.h"
#include "fixture.h"

struct packed {
	struct buffer fields, values;
};

static void packed_init(struct packed *packed, const json_t *data)
{
	buffer_init(&packed->fields, 1 << 20);
	buffer_init(&packed->values, 1 << 20);
	assert_int_equal(history_pack(data, &packed->fields, &packed->values), 0);
}

static void packed_finish(struct packed *packed)
{
	buffer_finish(&packed->fields);
	buffer_finish(&packed->values);
}

static json_t *unpack(const struct packed *packed)
{
	return history_unpack(packed->fields.data, packed->fields.size, packed->values.data,
			      packed->values.size);
}

static void assert_same(const char *text)
{
	json_t *data = parse(text), *again;
	struct packed packed;

	packed_init(&packed, data);
	again = unpack(&packed);
	assert_non_null(again);
	if (!json_equal(data, again))
		fail_msg("%s became another", text);
	json_decref(again);
	json_decref(data);
	packed_finish(&packed);
}

static void test_every_kind(void **state)
{
	(void)state;
	assert_same("{}");
	assert_same("{'a':null,'b':true,'c':false,'d':0,'e':-1,'f':9223372036854775807,"
		    "'g':-9223372036854775808,'h':'','i':'\xc3\xa4x','j':[1,{'k':[]}],"
		    "'l':{},'m':0.1,'n':-21.3,'o':1e300,'p':5e-324,'q':-0.0,'r':21.0}");
}

/* An older version took it; where it cannot be read, nothing after it is ever sent. */
static void a_nul_that_was_stored_can_be_read(void **state)
{
	json_t *data = json_pack("{s:[o], s:o}", "a", json_stringn("x\0y", 3), "b",
				 json_stringn("\0", 1)),
	       *again;
	struct packed packed;

	(void)state;
	packed_init(&packed, data);
	again = unpack(&packed);
	assert_non_null(again);
	assert_true(json_equal(data, again));
	json_decref(again);
	json_decref(data);
	packed_finish(&packed);
}

/* Every bit of a real comes back. */
static void assert_real(double number)
{
	json_t *data = json_pack("{s:f}", "x", number), *again;
	struct packed packed;
	double found;

	packed_init(&packed, data);
	again = unpack(&packed);
	found = json_real_value(json_object_get(again, "x"));
	assert_memory_equal(&found, &number, sizeof(number));
	json_decref(again);
	json_decref(data);
	packed_finish(&packed);
}

static void test_reals(void **state)
{
	uint64_t seed = (uint64_t)time(NULL);
	struct random random;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	random_init(&random, seed);
	for (int i = 0; i < 100000; i++) {
		uint64_t bits = random_u64(&random);
		double number;

		memcpy(&number, &bits, sizeof(number));
		if (isfinite(number))
			assert_real(number);
		assert_real(rint((random_unit(&random) - 0.5) * 1e7) / pow(10, i % 12));
	}
}

/* What sensors say takes few bytes: 2 for the tag and 21.3, 3 for 1013.25 and its tag. */
static void test_is_small(void **state)
{
	json_t *data = parse("{'temperature':21.3,'humidity':45.5,'pressure':1013.25,'count':3}");
	struct packed packed;

	(void)state;
	packed_init(&packed, data);
	assert_int_equal(packed.values.size, 3 + 3 + 4 + 2);
	packed_finish(&packed);
	json_decref(data);
}

static void test_whole(void **state)
{
	json_t *data = parse("{'a':[1,2],'b':0.5}"), *again;
	struct buffer values;

	(void)state;
	buffer_init(&values, 1000);
	assert_int_equal(history_pack_whole(data, &values), 0);
	again = history_unpack("", 0, values.data, values.size);
	assert_true(json_equal(data, again));
	json_decref(again);
	json_decref(data);
	buffer_finish(&values);
}

static void test_names(void **state)
{
	static const char *const bad[] = {"{'':1}", "{'a\\nb':1}", "{'a\\tb':1}"};
	struct buffer fields, values;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		json_t *data = parse(bad[i]);

		buffer_init(&fields, 1000);
		buffer_init(&values, 1000);
		assert_int_equal(history_pack(data, &fields, &values), ERROR_INVALID);
		buffer_finish(&fields);
		buffer_finish(&values);
		json_decref(data);
	}
}

/* What a damaged disk gives is refused or is some object; nothing is read beyond it. */
static void test_damage(void **state)
{
	json_t *data = parse("{'a':1.5,'b':'text','c':[1],'d':1e300,'e':77777}"), *again;
	struct packed packed;

	(void)state;
	packed_init(&packed, data);
	for (size_t size = 0; size < packed.values.size; size++) {
		uint8_t *cut = malloc(size + 1);

		memcpy(cut, packed.values.data, size);
		assert_null(history_unpack(packed.fields.data, packed.fields.size, cut, size));
		free(cut);
	}
	for (size_t i = 0; i < packed.values.size * 256; i++) {
		char kept = packed.values.data[i / 256];

		packed.values.data[i / 256] = (char)(i % 256);
		again = unpack(&packed);
		json_decref(again);
		packed.values.data[i / 256] = kept;
	}
	packed_finish(&packed);
	json_decref(data);
}

static void test_numbers(void **state)
{
	json_t *data = parse("{'a':1.5,'b':'text','c':true,'d':-7,'e':null}");
	static const struct {
		const char *name;
		bool is_number;
		double number;
	} expected[] = {{"a", true, 1.5},
			{"b", false, 0},
			{"c", true, 1},
			{"d", true, -7},
			{"e", false, 0}};
	struct history_walk walk;
	struct packed packed;
	const char *name;
	bool is_number;
	double number;
	size_t size;

	(void)state;
	packed_init(&packed, data);
	history_walk_init(&walk, packed.fields.data, packed.fields.size, packed.values.data,
			  packed.values.size);
	for (size_t i = 0; i < 5; i++) {
		assert_true(history_walk_number(&walk, &name, &size, &is_number, &number));
		assert_int_equal(size, 1);
		assert_int_equal(*name, *expected[i].name);
		assert_int_equal(is_number, expected[i].is_number);
		assert_true(number == expected[i].number);
	}
	assert_false(history_walk_number(&walk, &name, &size, &is_number, &number));
	packed_finish(&packed);
	json_decref(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind),
		cmocka_unit_test(test_reals),
		cmocka_unit_test(test_is_small),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(a_nul_that_was_stored_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
