#include "hardware/driver/led_strip.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/work_queue.h"
#include "hardware/bus/spi.h"

_Static_assert(LED_STRIP_LEAD_SIZE + LED_STRIP_LEDS_MAX * LED_STRIP_BYTES_PER_LED +
			       LED_STRIP_RESET_SIZE <=
		       SPI_TRANSFER_SIZE_MAX,
	       "the longest strip must fit into one transfer");

struct led_strip {
	/* Loop thread */
	struct work_queue *queue; /* borrowed */
	size_t count;
	uint8_t brightness;
	bool has_news; /* something to write: a frame that ended, or a change of cover or marks */
	bool unknown;  /* nobody knows what the LEDs show: no write yet, or one failed */
	bool in_flight;
	bool touched; /* at least one write was started */
	struct led_strip_counters counters;
	int last_result;
	struct error last_error;
	bool is_covered;
	struct led_color cover;	  /* if is_covered: shown by all LEDs instead of `colors` */
	struct led_color *colors; /* owned; the buffer */
	struct led_color *frame;  /* owned; the buffer as it was when a frame last ended */
	struct led_color *marks;  /* owned; shown instead of `colors` where is_marked */
	bool *is_marked;	  /* owned */
	struct led_color *wanted; /* owned; the colours to write */
	struct led_color *shown;  /* owned; the colours of the last write started */

	/* The queue's thread while in_flight, else the loop's */
	struct spi_device *device; /* borrowed */
	uint8_t *encoded;	   /* owned */
	int result;
	struct error error;
};

size_t led_strip_encoded_size(size_t count)
{
	return LED_STRIP_LEAD_SIZE + count * LED_STRIP_BYTES_PER_LED + LED_STRIP_RESET_SIZE;
}

void led_strip_encode_byte(uint8_t value, uint8_t ret_data[3])
{
	uint32_t bits = 0;

	for (int bit = 7; bit >= 0; bit--)
		bits = bits << 3 | (value >> bit & 1 ? 6 : 4);
	ret_data[0] = (uint8_t)(bits >> 16);
	ret_data[1] = (uint8_t)(bits >> 8);
	ret_data[2] = (uint8_t)bits;
}

static uint8_t scale(uint8_t value, uint8_t brightness)
{
	return (uint8_t)((value * brightness + 127) / 255);
}

void led_strip_encode(const struct led_color *colors, size_t count, uint8_t brightness,
		      uint8_t *ret_data)
{
	uint8_t *to = ret_data + LED_STRIP_LEAD_SIZE;

	memset(ret_data, 0, LED_STRIP_LEAD_SIZE);
	for (size_t i = 0; i < count; i++, to += LED_STRIP_BYTES_PER_LED) {
		led_strip_encode_byte(scale(colors[i].g, brightness), to);
		led_strip_encode_byte(scale(colors[i].r, brightness), to + 3);
		led_strip_encode_byte(scale(colors[i].b, brightness), to + 6);
	}
	memset(to, 0, LED_STRIP_RESET_SIZE);
}

static void free_strip(struct led_strip *strip)
{
	free(strip->colors);
	free(strip->frame);
	free(strip->marks);
	free(strip->is_marked);
	free(strip->wanted);
	free(strip->shown);
	free(strip->encoded);
	free(strip);
}

int led_strip_create(struct spi_device *device, struct work_queue *queue, size_t count,
		     uint8_t brightness, struct led_strip **ret_strip, struct error *err)
{
	struct led_strip *strip;

	if (count > LED_STRIP_LEDS_MAX)
		return error_set(
			err, ERROR_TOO_LARGE,
			"%zu LEDs: at most %d are possible; set a smaller count under [leds]",
			count, LED_STRIP_LEDS_MAX);
	strip = calloc(1, sizeof(*strip));
	if (!strip)
		goto no_memory;
	strip->device = device;
	strip->queue = queue;
	strip->count = count;
	strip->brightness = brightness;
	strip->unknown = true;
	strip->colors = calloc(count + 1, sizeof(*strip->colors));
	strip->frame = calloc(count + 1, sizeof(*strip->frame));
	strip->marks = calloc(count + 1, sizeof(*strip->marks));
	strip->is_marked = calloc(count + 1, sizeof(*strip->is_marked));
	strip->wanted = calloc(count + 1, sizeof(*strip->wanted));
	strip->shown = calloc(count + 1, sizeof(*strip->shown));
	strip->encoded = malloc(led_strip_encoded_size(count));
	if (!strip->colors || !strip->frame || !strip->marks || !strip->is_marked ||
	    !strip->wanted || !strip->shown || !strip->encoded)
		goto out_strip;
	*ret_strip = strip;
	return 0;

out_strip:
	free_strip(strip);
no_memory:
	return error_set(
		err, ERROR_NO_MEMORY,
		"out of memory while opening the LED strip; this machine needs more free memory");
}

static bool is_lit(const struct led_strip *strip)
{
	static const struct led_color dark;

	for (size_t i = 0; i < strip->count; i++) {
		if (memcmp(&strip->shown[i], &dark, sizeof(dark)))
			return true;
	}
	return false;
}

void led_strip_destroy(struct led_strip *strip)
{
	if (!strip)
		return;
	/* After a failed write, LEDs may still show an older frame. */
	if (is_lit(strip) || (strip->unknown && strip->touched)) {
		led_strip_encode(strip->shown, strip->count, 0, strip->encoded);
		spi_device_transfer(strip->device, strip->encoded, NULL,
				    led_strip_encoded_size(strip->count), NULL);
	}
	free_strip(strip);
}

size_t led_strip_count(const struct led_strip *strip)
{
	return strip->count;
}

int led_strip_set(struct led_strip *strip, size_t index, struct led_color color)
{
	if (index >= strip->count)
		return ERROR_INVALID;
	strip->colors[index] = color;
	return 0;
}

int led_strip_get(const struct led_strip *strip, size_t index, struct led_color *ret_color)
{
	if (index >= strip->count)
		return ERROR_INVALID;
	*ret_color = strip->colors[index];
	return 0;
}

void led_strip_set_all(struct led_strip *strip, struct led_color color)
{
	for (size_t i = 0; i < strip->count; i++)
		strip->colors[i] = color;
}

void led_strip_clear(struct led_strip *strip)
{
	led_strip_set_all(strip, (struct led_color){0});
}

void led_strip_cover(struct led_strip *strip, struct led_color color)
{
	strip->is_covered = true;
	strip->cover = color;
	strip->has_news = true;
}

void led_strip_uncover(struct led_strip *strip)
{
	strip->is_covered = false;
	strip->has_news = true;
}

int led_strip_mark(struct led_strip *strip, size_t index, const struct led_color *color)
{
	if (index >= strip->count)
		return ERROR_INVALID;
	strip->is_marked[index] = color != NULL;
	if (color)
		strip->marks[index] = *color;
	strip->has_news = true;
	return 0;
}

static struct led_color topmost(const struct led_strip *strip, const struct led_color *buffer,
				size_t index)
{
	return strip->is_covered	 ? strip->cover
	       : strip->is_marked[index] ? strip->marks[index]
					 : buffer[index];
}

int led_strip_visible(const struct led_strip *strip, size_t index, struct led_color *ret_color)
{
	if (index >= strip->count)
		return ERROR_INVALID;
	*ret_color = topmost(strip, strip->colors, index);
	return 0;
}

void led_strip_frame_end(struct led_strip *strip)
{
	memcpy(strip->frame, strip->colors, strip->count * sizeof(*strip->frame));
	strip->has_news = true;
}

static void transfer(void *arg)
{
	struct led_strip *strip = arg;

	strip->result = spi_device_transfer(strip->device, strip->encoded, NULL,
					    led_strip_encoded_size(strip->count), &strip->error);
}

static void on_transferred(void *arg, int status)
{
	struct led_strip *strip = arg;

	strip->in_flight = false;
	if (status) {
		strip->unknown = true;
		return;
	}
	strip->last_result = strip->result;
	if (strip->result) {
		strip->last_error = strip->error;
		strip->counters.failed++;
		strip->unknown = true;
	} else {
		strip->counters.written++;
	}
	led_strip_flush(strip);
}

static bool has_changed(const struct led_strip *strip)
{
	return strip->unknown ||
	       memcmp(strip->wanted, strip->shown, strip->count * sizeof(*strip->wanted));
}

int led_strip_flush(struct led_strip *strip)
{
	int ret;

	if (!strip->has_news || strip->in_flight)
		return 0;
	strip->has_news = false;
	for (size_t i = 0; i < strip->count; i++)
		strip->wanted[i] = topmost(strip, strip->frame, i);
	if (!strip->count || !has_changed(strip))
		return 0;
	led_strip_encode(strip->wanted, strip->count, strip->brightness, strip->encoded);
	ret = work_queue_submit(strip->queue, transfer, on_transferred, strip);
	if (ret) {
		strip->counters.failed++;
		return ret;
	}
	strip->in_flight = strip->touched = true;
	strip->unknown = false;
	memcpy(strip->shown, strip->wanted, strip->count * sizeof(*strip->wanted));
	return 0;
}

struct led_strip_counters led_strip_counters(const struct led_strip *strip)
{
	return strip->counters;
}

int led_strip_last_error(const struct led_strip *strip, struct error *ret_error)
{
	if (strip->last_result)
		*ret_error = strip->last_error;
	return strip->last_result;
}
