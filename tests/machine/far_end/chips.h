/*
 * The simulated chips of src/simulation behind one lock, for a program that stands at the far end
 * of a virtual machine's buses. Every function may be called on any thread.
 */
#ifndef HARVESTER_TESTS_MACHINE_FAR_END_CHIPS_H
#define HARVESTER_TESTS_MACHINE_FAR_END_CHIPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHIPS_LINES 32

struct chips;

enum chips_direction { CHIPS_LINE_FREE, CHIPS_LINE_OUTPUT, CHIPS_LINE_INPUT }; /* as in virtio */
enum chips_port { CHIPS_PMS5003, CHIPS_SDS011 };

/* NULL on failure, after a message on stderr. It lives until the process ends. */
struct chips *chips_create(void);

/* One i2c message to a 7-bit address. Is it acknowledged? */
bool chips_transfer(struct chips *chips, uint16_t address, bool read, uint8_t *data, size_t size);

/*
 * The guest's side of line 0 to CHIPS_LINES - 1. An output drives `value`. An input has a pull-up
 * and keeps its edges. False for another line or direction.
 */
bool chips_line_configure(struct chips *chips, unsigned line, unsigned direction, bool value);
/* The level of the wire; low for a line that is free. */
bool chips_line_get(struct chips *chips, unsigned line);
/* Take the oldest edge of an input. False if there is none. */
bool chips_line_take_edge(struct chips *chips, unsigned line, bool *ret_rising);

/* Bytes that a serial sensor has sent by now, at most `max`. Returns how many. */
size_t chips_port_read(struct chips *chips, unsigned port, uint8_t *ret_data, size_t max);
void chips_port_write(struct chips *chips, unsigned port, const uint8_t *data, size_t size);

/*
 * Carry out one command of a test:
 *   truth                    the state of every device, as world_to_json() writes it
 *   set QUANTITY NUMBER      the climate: temperature, humidity, pressure, gas_resistance, light,
 * dust fault DEVICE KIND        a fault of simulation/fault.h begins now, and lasts until it is
 * mended mend DEVICE              the device has no fault any longer drive LINE low|high|float  the
 * outside of a line without a device Returns one line of JSON, {"error": TEXT} for a command that
 * is not understood. The caller frees it with chips_text_free(); NULL when out of memory.
 */
char *chips_command(struct chips *chips, const char *command);
void chips_text_free(char *text);

#endif
