/* What a plugin prints, as lines of the log; the test is the broker. */
#include "guest/output.h"

#include "broker.h"

struct fixture {
	struct channel channel, *current;
	struct broker broker;
	struct output output;
};

static int set_up(void **state)
{
	static struct fixture f;

	broker_open(&f.broker, &f.channel);
	f.current = &f.channel;
	output_init(&f.output, &f.current, LOG_WARNING);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	broker_close(&f->broker, &f->channel);
	return 0;
}

static void print(struct fixture *f, const char *text)
{
	ptrdiff_t size = (ptrdiff_t)strlen(text);

	assert_int_equal(output_write(&f->output, (const unsigned char *)text, strlen(text)), size);
}

static void expect_line(struct fixture *f, const char *expected)
{
	cbor_item_t *frame = broker_receive(&f->broker);
	const uint8_t *bytes;
	size_t size;

	assert_int_equal(frame_type(frame), FRAME_LOG);
	assert_int_equal(frame_id(frame), LOG_WARNING);
	assert_int_equal(value_get_bytes(frame, 2, &bytes, &size), 0);
	assert_int_equal(size, strlen(expected));
	assert_memory_equal(bytes, expected, size);
	cbor_decref(&frame);
}

static void expect_nothing(struct fixture *f)
{
	char byte;

	assert_int_equal(recv(f->broker.fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK), -1);
}

static void lines_are_sent_when_they_end(void **state)
{
	struct fixture *f = *state;

	print(f, "one");
	expect_nothing(f);
	print(f, " line\n\nand another\nthe rest");
	expect_line(f, "one line");
	expect_line(f, "and another"); /* an empty line is none */
	expect_nothing(f);
	output_flush(&f->output);
	expect_line(f, "the rest");
	output_flush(&f->output);
	expect_nothing(f);
}

static void a_long_line_becomes_several(void **state)
{
	char text[LOG_TEXT_SIZE + 3], first[LOG_TEXT_SIZE + 1];
	struct fixture *f = *state;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memset(first, 'x', sizeof(first) - 1);
	first[sizeof(first) - 1] = '\0';
	print(f, text);
	expect_line(f, first);
	expect_nothing(f);
	print(f, "\n");
	expect_line(f, "xx");
}

/* Before the fork there is nobody to hear it; after it the child has a channel of its own. */
static void without_a_channel_output_is_dropped(void **state)
{
	struct fixture *f = *state;

	f->current = NULL;
	print(f, "dropped\nthis too");
	output_flush(&f->output);
	f->current = &f->channel;
	print(f, "heard\n");
	expect_line(f, "heard");
	expect_nothing(f);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines_are_sent_when_they_end),
		TEST(a_long_line_becomes_several),
		TEST(without_a_channel_output_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
