/*
 * A strip of WS2812B LEDs, whose data wire is the MOSI of an SPI device. Data sheet: Worldsemi
 * WS2812B.
 *
 * Colours are set in a buffer, and can be read back. led_strip_frame_end() says that the colours
 * set so far belong together; led_strip_flush(), once a cycle, encodes them and hands them to the
 * bus's work queue if they differ from what the LEDs show. So setting colours never waits for the
 * wire.
 * Loop thread, except for the encoding functions at the end.
 */
#ifndef HARVESTER_HARDWARE_DRIVER_LED_STRIP_H
#define HARVESTER_HARDWARE_DRIVER_LED_STRIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct led_strip;
struct spi_device;
struct work_queue;

/* Each bit of a colour becomes three bits on the wire: 0 is 100, 1 is 110 (417 and 833 ns high). */
#define LED_STRIP_SPEED_HZ 2400000
#define LED_STRIP_SPI_MODE 0
#define LED_STRIP_BYTES_PER_LED 9
#define LED_STRIP_LEAD_SIZE 1	/* zeros: the data wire may glitch when the transfer begins */
#define LED_STRIP_RESET_SIZE 90 /* zeros: 300 us, for the newer parts that need 280 */
#define LED_STRIP_LEDS_MAX 445	/* what fits into one spi transfer, which cannot be split */

struct led_color {
	uint8_t r, g, b;
};

struct led_strip_counters {
	uint64_t written; /* transfers that succeeded */
	uint64_t failed;  /* transfers that failed, and those that the full queue refused */
};

/*
 * Create a strip. Its buffer is all dark, and the first flush writes that, since the LEDs may still
 * show something from before. `brightness` (0..255) scales the
 * colours that are sent, not those in the buffer. `device` and `queue` are borrowed; with `count` 0
 * they may be NULL. ERROR_TOO_LARGE beyond LED_STRIP_LEDS_MAX, ERROR_NO_MEMORY.
 */
int led_strip_create(struct spi_device *device, struct work_queue *queue, size_t count,
		     uint8_t brightness, struct led_strip **ret_strip, struct error *err);

/*
 * Call after the queue is closed. If LEDs are lit, turns them off with one transfer on the calling
 * thread (about 2 ms). NULL is allowed.
 */
void led_strip_destroy(struct led_strip *strip);

size_t led_strip_count(const struct led_strip *strip);

/* The colours in the buffer. ERROR_INVALID if the strip has no LED `index`. */
int led_strip_set(struct led_strip *strip, size_t index, struct led_color color);
int led_strip_get(const struct led_strip *strip, size_t index, struct led_color *ret_color);
void led_strip_set_all(struct led_strip *strip, struct led_color color);
void led_strip_clear(struct led_strip *strip);

/*
 * led_strip_cover() shows one colour on all LEDs, whatever is set in the buffer meanwhile;
 * led_strip_uncover() shows the buffer again. The next led_strip_flush() writes the change.
 */
void led_strip_cover(struct led_strip *strip, struct led_color color);
void led_strip_uncover(struct led_strip *strip);

/*
 * Show `color` on one LED, whatever is set in the buffer meanwhile; with NULL show the buffer
 * again. A cover hides it. ERROR_INVALID if the strip has no LED `index`. The next
 * led_strip_flush() writes the change.
 */
int led_strip_mark(struct led_strip *strip, size_t index, const struct led_color *color);

/* The colour that an LED shows, or will show after the next write. ERROR_INVALID as above. */
int led_strip_visible(const struct led_strip *strip, size_t index, struct led_color *ret_color);

/* The colours set so far are complete: the next flush may show them. */
void led_strip_frame_end(struct led_strip *strip);

/*
 * Write the frame, if it has ended and differs from what the LEDs show. If a write is under way,
 * the frame is written after it. After a failed write the next frame is always written. Returns a
 * code of work_queue_submit().
 */
int led_strip_flush(struct led_strip *strip);

struct led_strip_counters led_strip_counters(const struct led_strip *strip);

/* 0 if the last transfer succeeded; else its code, with the text in *ret_error. */
int led_strip_last_error(const struct led_strip *strip, struct error *ret_error);

/* How many bytes `count` LEDs take on the wire, and the three bytes for one byte of a colour. Any
 * thread. */
size_t led_strip_encoded_size(size_t count);
void led_strip_encode_byte(uint8_t value, uint8_t ret_data[3]);

/* Encode `count` colours into led_strip_encoded_size(count) bytes, in the order green, red, blue.
 * Any thread. */
void led_strip_encode(const struct led_color *colors, size_t count, uint8_t brightness,
		      uint8_t *ret_data);

#endif
