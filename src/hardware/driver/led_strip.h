/*
 * A strip of WS2812B LEDs on the data wire of an SPI device. Data sheet: Worldsemi WS2812B.
 *
 * The colours are kept here and can be read back. A write to the wire happens at most once a cycle,
 * and only if it would show something else: led_strip_frame_end() ends the cycle, led_strip_flush()
 * hands an encoded copy to the bus's work queue. So setting colours never waits for the wire.
 * All functions but the pure ones run on the loop thread.
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

/* Each data bit becomes three bits on the wire: 0 is 100, 1 is 110 (417 and 833 ns high). */
#define LED_STRIP_SPEED_HZ 2400000
#define LED_STRIP_SPI_MODE 0
#define LED_STRIP_BYTES_PER_LED 9
#define LED_STRIP_LEAD_SIZE 1	/* zeros: the data wire may glitch when the transfer begins */
#define LED_STRIP_RESET_SIZE 90 /* zeros: 300 us, for the newer parts that need 280 */
#define LED_STRIP_LEDS_MAX 445	/* what fits into one spi transfer, which must not be split */

struct led_color {
	uint8_t r, g, b;
};

struct led_strip_counters {
	uint64_t written;
	uint64_t failed; /* transfers, and submissions that the full queue refused */
};

/*
 * All LEDs dark in the buffer; the first flush writes that too. brightness 0..255 scales what is
 * sent, not what is kept. device and queue are borrowed; with count 0 they may be NULL.
 * ERROR_TOO_LARGE beyond LED_STRIP_LEDS_MAX, ERROR_NO_MEMORY.
 */
int led_strip_create(struct spi_device *device, struct work_queue *queue, size_t count,
		     uint8_t brightness, struct led_strip **ret_strip, struct error *err);

/*
 * Only after the queue is closed. If LEDs are lit, they are darkened with one transfer on the
 * calling thread (about 2 ms). NULL is allowed.
 */
void led_strip_destroy(struct led_strip *strip);

size_t led_strip_count(const struct led_strip *strip);

/* ERROR_INVALID for an index that the strip has not. */
int led_strip_set(struct led_strip *strip, size_t index, struct led_color color);
int led_strip_get(const struct led_strip *strip, size_t index, struct led_color *ret_color);
void led_strip_set_all(struct led_strip *strip, struct led_color color);
void led_strip_clear(struct led_strip *strip);

/*
 * Every LED shows this colour, whatever is set meanwhile, until led_strip_uncover(): then what was
 * set shows. Both end the frame; led_strip_flush() writes it.
 */
void led_strip_cover(struct led_strip *strip, struct led_color color);
void led_strip_uncover(struct led_strip *strip);

/* What it shows, or will with the next write. ERROR_INVALID as led_strip_get(). */
int led_strip_visible(const struct led_strip *strip, size_t index, struct led_color *ret_color);

/* The colours set so far belong together: the next flush may show them. */
void led_strip_frame_end(struct led_strip *strip);

/*
 * Write the ended frame, if there is one and it differs from what the LEDs show. While a write is
 * under way the frame waits for it and is written then. After a failed write the next frame is
 * written in any case. 0, or the queue's code.
 */
int led_strip_flush(struct led_strip *strip);

struct led_strip_counters led_strip_counters(const struct led_strip *strip);

/* Code and text of the last transfer that failed, in *ret_error; 0 if none did since one succeeded.
 */
int led_strip_last_error(const struct led_strip *strip, struct error *ret_error);

/* Pure: bytes for the wire, and one colour byte as three of them. Any thread. */
size_t led_strip_encoded_size(size_t count);
void led_strip_encode_byte(uint8_t value, uint8_t ret_data[3]);

/* ret_data: led_strip_encoded_size(count) bytes. The wire's order is green, red, blue. */
void led_strip_encode(const struct led_color *colors, size_t count, uint8_t brightness,
		      uint8_t *ret_data);

#endif
