/*
 * A strip of WS2812B LEDs, whose data wire is the MOSI pin of an SPI device. Plugins set its
 * colours (capability/led_controller.c); alerts and the API show other colours over these.
 *
 * An LED shows the topmost of three layers:
 * - the cover: one colour for all LEDs, if there is a cover;
 * - the mark: a colour for this LED, if the LED has a mark;
 * - the buffer: a colour for each LED.
 *
 * A function that changes a layer changes memory only, so it never waits for the wire.
 * led_strip_flush() writes the topmost layers to the wire, on the thread of the work queue. A
 * plugin changes the buffer LED by LED, and people should not see a half-changed buffer. Therefore
 * a change of the buffer is written only after led_strip_frame_end(), which says that the buffer is
 * complete. A change of the cover or of a mark is written by the next flush in any case; below
 * it, the LEDs show the last complete buffer.
 *
 * Call all functions on the loop thread; the encoding functions at the end may run on any thread.
 * Data sheet: Worldsemi WS2812B.
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
 * Create a strip of `count` LEDs. Its buffer is dark, and it has no cover and no marks.
 * `brightness` (0..255) scales the colours on the wire, not those in the layers. `device` and
 * `queue` are borrowed until led_strip_destroy(); both may be NULL if `count` is 0. The caller owns
 * *ret_strip.
 * - ERROR_TOO_LARGE: `count` is above LED_STRIP_LEDS_MAX.
 * - ERROR_NO_MEMORY.
 */
int led_strip_create(struct spi_device *device, struct work_queue *queue, size_t count,
		     uint8_t brightness, struct led_strip **ret_strip, struct error *err);

/*
 * Turn the LEDs off and free the strip. Close the queue first. If an LED is lit, the function
 * blocks for one transfer (at most 14 ms). `strip` may be NULL.
 */
void led_strip_destroy(struct led_strip *strip);

/* Returns the number of LEDs. */
size_t led_strip_count(const struct led_strip *strip);

/*
 * Change or read the buffer: one LED, all LEDs, or all LEDs to dark. ERROR_INVALID: the strip has
 * no LED `index` (the first is 0).
 */
int led_strip_set(struct led_strip *strip, size_t index, struct led_color color);
int led_strip_get(const struct led_strip *strip, size_t index, struct led_color *ret_color);
void led_strip_set_all(struct led_strip *strip, struct led_color color);
void led_strip_clear(struct led_strip *strip);

/* Set or remove the cover. The next flush writes the change. */
void led_strip_cover(struct led_strip *strip, struct led_color color);
void led_strip_uncover(struct led_strip *strip);

/*
 * Set the mark of one LED to `color`, or remove the mark if `color` is NULL. The next flush writes
 * the change. ERROR_INVALID: the strip has no LED `index`.
 */
int led_strip_mark(struct led_strip *strip, size_t index, const struct led_color *color);

/*
 * Read the colour of an LED's topmost layer. The LED itself shows it after the flush that writes
 * this layer. ERROR_INVALID: the strip has no LED `index`.
 */
int led_strip_visible(const struct led_strip *strip, size_t index, struct led_color *ret_color);

/* Say that the buffer is complete. The next flush writes it. */
void led_strip_frame_end(struct led_strip *strip);

/*
 * Start to write the topmost layers to the wire, and return before the write has ended. The node
 * calls this function once a cycle. It writes if there is a new complete buffer, cover or mark, and
 * the LEDs do not show these colours already. Before the first write, and after a failed write,
 * nobody knows what the LEDs show; then it always writes.
 *
 * While a write runs, the strip remembers the flush and does it when the write has ended. Returns 0
 * or an error of work_queue_submit().
 */
int led_strip_flush(struct led_strip *strip);

/* Returns the counters since the strip was created. */
struct led_strip_counters led_strip_counters(const struct led_strip *strip);

/* Returns the result of the last transfer: 0, or its error, whose text is in *ret_error. */
int led_strip_last_error(const struct led_strip *strip, struct error *ret_error);

/* Returns how many bytes `count` LEDs take on the wire. */
size_t led_strip_encoded_size(size_t count);

/* Encode one byte of a colour into three bytes for the wire. */
void led_strip_encode_byte(uint8_t value, uint8_t ret_data[3]);

/*
 * Encode `count` colours into led_strip_encoded_size(count) bytes, in the order green, red, blue.
 */
void led_strip_encode(const struct led_color *colors, size_t count, uint8_t brightness,
		      uint8_t *ret_data);

#endif
