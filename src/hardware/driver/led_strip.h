/*
 * A strip of WS2812B LEDs. The data wire of the strip is the MOSI of an SPI device. Data sheet:
 * Worldsemi WS2812B.
 *
 * Setting a colour only changes a buffer, so it never waits for the wire. led_strip_frame_end()
 * marks the buffer as complete. led_strip_flush(), called once a cycle, writes a complete buffer to
 * the LEDs on the thread of the bus's work queue. A buffer that was not marked since the last flush
 * is not written.
 *
 * Call the functions on the loop thread. The encoding functions at the end may run on any thread.
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

/*
 * Each bit of a colour takes three bits on the wire: 100 for 0, and 110 for 1 (417 and 833 ns
 * high).
 */
#define LED_STRIP_SPEED_HZ 2400000
#define LED_STRIP_SPI_MODE 0
#define LED_STRIP_BYTES_PER_LED 9
#define LED_STRIP_LEAD_SIZE 1	/* zeros, since the data wire may glitch when a transfer begins */
#define LED_STRIP_RESET_SIZE 90 /* zeros for 300 us; newer LEDs need 280 */
#define LED_STRIP_LEDS_MAX 445	/* so many fit into one spi transfer, which cannot be split */

struct led_color {
	uint8_t r, g, b;
};

struct led_strip_counters {
	uint64_t written; /* transfers that succeeded */
	uint64_t failed;  /* transfers that failed or found the queue full */
};

/*
 * Create a strip. Its buffer is dark. The first flush of a marked buffer writes it in any case,
 * since nobody knows what the LEDs show now. `brightness` (0..255) scales the colours on
 * the wire, not those in the buffer. `device` and `queue` are borrowed; both may be NULL if `count`
 * is 0. The caller owns *ret_strip. ERROR_TOO_LARGE: `count` is above LED_STRIP_LEDS_MAX.
 * ERROR_NO_MEMORY.
 */
int led_strip_create(struct spi_device *device, struct work_queue *queue, size_t count,
		     uint8_t brightness, struct led_strip **ret_strip, struct error *err);

/*
 * Turn lit LEDs off with one blocking transfer (about 2 ms), and free the strip. Close the queue
 * first. `strip` may be NULL.
 */
void led_strip_destroy(struct led_strip *strip);

size_t led_strip_count(const struct led_strip *strip);

/* Set or get colours of the buffer. ERROR_INVALID: the strip has no LED `index`. */
int led_strip_set(struct led_strip *strip, size_t index, struct led_color color);
int led_strip_get(const struct led_strip *strip, size_t index, struct led_color *ret_color);
void led_strip_set_all(struct led_strip *strip, struct led_color color);
void led_strip_clear(struct led_strip *strip);

/*
 * led_strip_cover() shows one colour on all LEDs from the next flush on, whatever is in the buffer.
 * led_strip_uncover() shows the buffer again from the next flush on.
 */
void led_strip_cover(struct led_strip *strip, struct led_color color);
void led_strip_uncover(struct led_strip *strip);

/*
 * Show `color` on one LED, whatever is set in the buffer meanwhile; with NULL show the buffer
 * again. A cover hides it. ERROR_INVALID if the strip has no LED `index`. The next
 * led_strip_flush() writes the change.
 */
int led_strip_mark(struct led_strip *strip, size_t index, const struct led_color *color);

/*
 * The colour that an LED will show once everything is written: the cover's, or else its mark's, or
 * else that in the buffer. ERROR_INVALID: the strip has no LED `index`.
 */
int led_strip_visible(const struct led_strip *strip, size_t index, struct led_color *ret_color);

/*
 * Mark the buffer as complete. Colours that are set after the mark and before the next flush are
 * written too.
 */
void led_strip_frame_end(struct led_strip *strip);

/*
 * Write the cover if there is one, otherwise the buffer. Nothing is written if the LEDs show this
 * already, or if none of led_strip_frame_end(), led_strip_cover() and led_strip_uncover() was
 * called since the last flush. If a write is under way, the next one begins after it. After a
 * failed write the next marked buffer is always written. Returns 0 or an error of
 * work_queue_submit().
 */
int led_strip_flush(struct led_strip *strip);

struct led_strip_counters led_strip_counters(const struct led_strip *strip);

/* The result of the last transfer: 0, or its error with the text in *ret_error. */
int led_strip_last_error(const struct led_strip *strip, struct error *ret_error);

/* How many bytes `count` LEDs take on the wire; and the three bytes for one byte of a colour. */
size_t led_strip_encoded_size(size_t count);
void led_strip_encode_byte(uint8_t value, uint8_t ret_data[3]);

/*
 * Encode `count` colours into led_strip_encoded_size(count) bytes, in the order green, red, blue.
 */
void led_strip_encode(const struct led_color *colors, size_t count, uint8_t brightness,
		      uint8_t *ret_data);

#endif
