/* How imports become questions to the broker; the engine is a stand-in, the test is the broker. */
#include "guest/link.h"

#include "broker.h"
#include "fake_engine.h"
#include "guest/entropy.h"
#include "guest/lift.h"
#include "guest/signature.h"

#define I2C "harvester:plugin/i2c@0.1.0"

static const struct fake_import world[] = {
	{"wasi:cli/environment@0.2.0", {"get-environment"}},
	{I2C, {"write-read", "check-bus"}},
	{"log-line", {NULL}},
};

struct fixture {
	struct channel channel;
	struct broker broker;
	struct sandbox sandbox;
	const char *entropy_failure; /* NULL: the random numbers can be linked */
};

static struct fixture f;

int entropy_link(wasmtime_component_linker_t *linker, const wasmtime_component_t *component,
		 const wasm_engine_t *engine, struct error *err)
{
	(void)linker, (void)component, (void)engine;
	return f.entropy_failure ? error_set(err, ERROR_SYSTEM, "%s", f.entropy_failure) : 0;
}

/* Of numbers alone; a string stands for a kind that the broker does not take. */
cbor_item_t *lift(const wasmtime_component_val_t *val)
{
	return val->kind == WASMTIME_COMPONENT_U32 ? value_unsigned(val->of.u32) : NULL;
}

int lower(const cbor_item_t *item, const wasmtime_component_valtype_t *type,
	  wasmtime_component_val_t *ret_val, struct error *err)
{
	(void)type;
	if (!cbor_isa_uint(item))
		return error_set(err, ERROR_MALFORMED, "no number");
	ret_val->kind = WASMTIME_COMPONENT_U32;
	ret_val->of.u32 = (uint32_t)cbor_get_int(item);
	return 0;
}

void signature_append(struct buffer *text, const wasmtime_component_func_type_t *type)
{
	(void)type;
	buffer_append_text(text, "func()");
}

static int set_up(void **state)
{
	f = (struct fixture){0};
	fake_engine_init(world, sizeof(world) / sizeof(*world));
	broker_open(&f.broker, &f.channel);
	f.sandbox.channel = &f.channel;
	assert_int_equal(link_imports(&f.sandbox, NULL), 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	fake_engine_finish();
	broker_close(&f.broker, &f.channel);
	return 0;
}

/* The import is called; its result is in *ret_result if that is not NULL. */
static wasmtime_error_t *call(const char *interface, const char *function,
			      wasmtime_component_val_t *args, size_t count,
			      wasmtime_component_val_t *ret_result)
{
	int index = fake_engine_find(interface, function);

	assert_true(index >= 0);
	fake.has_result = ret_result != NULL;
	return fake.linked[index].call(fake.linked[index].arg, NULL, NULL, args, count, ret_result,
				       ret_result ? 1 : 0);
}

static void assert_fails(wasmtime_error_t *error, const char *text)
{
	assert_non_null(error);
	assert_string_equal(error->text, text);
	wasmtime_error_delete(error);
}

/* WASI stays the engine's: nothing of it reaches the broker. */
static void every_import_but_wasi_is_linked(void **state)
{
	(void)state;
	assert_true(fake.has_wasi);
	assert_int_equal(fake.linked_count, 3);
	assert_true(fake_engine_find(I2C, "write-read") >= 0);
	assert_true(fake_engine_find(I2C, "check-bus") >= 0);
	assert_true(fake_engine_find("", "log-line") >= 0);
}

static void a_call_is_a_question_to_the_broker(void **state)
{
	wasmtime_component_val_t args[2] = {
		{.kind = WASMTIME_COMPONENT_U32, .of.u32 = 7},
		{.kind = WASMTIME_COMPONENT_LIST}, /* empty: bytes */
	};
	wasmtime_component_val_t result;
	const uint8_t *bytes;
	cbor_item_t *frame, *items;
	uint64_t number;
	size_t size;

	(void)state;
	broker_send(&f.broker, FRAME_RESULT, 1, value_unsigned(42));
	assert_null(call(I2C, "write-read", args, 2, &result));
	assert_int_equal(result.of.u32, 42);
	frame = broker_receive(&f.broker);
	assert_int_equal(frame_type(frame), FRAME_HOST);
	assert_int_equal(frame_id(frame), 1);
	assert_item_text(frame, 2, I2C);
	assert_item_text(frame, 3, "write-read");
	items = cbor_array_handle(frame)[4];
	assert_int_equal(value_get_unsigned(items, 0, 100, &number), 0);
	assert_int_equal(number, 7);
	assert_int_equal(value_get_bytes(items, 1, &bytes, &size), 0);
	assert_int_equal(size, 0);
	cbor_decref(&frame);
	/* The next call has the next id; a function without a result ignores the value. */
	broker_send(&f.broker, FRAME_RESULT, 2, value_null());
	assert_null(call("", "log-line", args, 1, NULL));
	frame = broker_receive(&f.broker);
	assert_item_text(frame, 2, "");
	cbor_decref(&frame);
}

static void what_is_no_answer_is_a_trap(void **state)
{
	wasmtime_component_val_t result;

	(void)state;
	broker_send(&f.broker, FRAME_RESULT, 9, value_unsigned(42));
	assert_fails(call(I2C, "check-bus", NULL, 0, &result), "the host did not answer the call");
	broker_send(&f.broker, FRAME_CALL, 2, value_text("poll"));
	assert_fails(call(I2C, "check-bus", NULL, 0, &result), "the host did not answer the call");
	broker_send(&f.broker, FRAME_RESULT, 3, value_text("42"));
	assert_fails(call(I2C, "check-bus", NULL, 0, &result), "no number");
}

static void what_cannot_be_asked_is_not_sent(void **state)
{
	wasmtime_component_val_t resource = {.kind = WASMTIME_COMPONENT_STRING};
	char byte;

	(void)state;
	assert_fails(call(I2C, "check-bus", &resource, 1, NULL),
		     "an argument of a kind that no host function takes");
	f.sandbox.channel = NULL; /* as while the template warms up */
	assert_fails(call(I2C, "check-bus", NULL, 0, NULL), "a host call before there is a host");
	assert_int_equal(recv(f.broker.fd, &byte, 1, MSG_DONTWAIT), -1);
}

/* What the broker checks before any code runs. */
static void the_list_of_imports_has_signatures(void **state)
{
	cbor_item_t *list = link_list(&f.sandbox, true);

	(void)state;
	assert_non_null(list);
	assert_true(cbor_array_is_definite(list));
	assert_int_equal(cbor_array_size(list), 3);
	assert_item_text(cbor_array_handle(list)[0], 0, I2C);
	assert_item_text(cbor_array_handle(list)[0], 1, "write-read");
	assert_item_text(cbor_array_handle(list)[0], 2, "func()");
	assert_item_text(cbor_array_handle(list)[2], 0, "");
	assert_item_text(cbor_array_handle(list)[2], 1, "log-line");
	cbor_decref(&list);
}

static void without_random_numbers_nothing_is_linked(void **state)
{
	struct error err = {0};

	(void)state;
	fake_engine_finish();
	fake_engine_init(world, sizeof(world) / sizeof(*world));
	f.entropy_failure = "no random numbers";
	assert_int_equal(link_imports(&f.sandbox, &err), ERROR_SYSTEM);
	assert_string_equal(err.text, "no random numbers");
	assert_int_equal(fake.linked_count, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_import_but_wasi_is_linked),
		TEST(a_call_is_a_question_to_the_broker),
		TEST(what_is_no_answer_is_a_trap),
		TEST(what_cannot_be_asked_is_not_sent),
		TEST(the_list_of_imports_has_signatures),
		TEST(without_random_numbers_nothing_is_linked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
