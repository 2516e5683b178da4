/*
 * A buzzer on a relay, which plays patterns of beeps. A timer of the loop switches the relay, so no
 * caller waits for a sound.
 *
 * Loop thread.
 */
#ifndef HARVESTER_HARDWARE_DRIVER_BUZZER_H
#define HARVESTER_HARDWARE_DRIVER_BUZZER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct buzzer;
struct error;
struct relay;

/* the longest pause within a pattern; longer ones are shortened to it */
#define BUZZER_OFF_MS_MAX 10000

typedef void buzzer_closed(void *arg);

/*
 * `max_on_ms` limits how long one pattern sounds in all; the rest of a longer pattern is dropped.
 * `loop` and `relay` are borrowed until the close callback. ERROR_INVALID for max_on_ms 0,
 * ERROR_NO_MEMORY.
 */
int buzzer_create(uv_loop_t *loop, struct relay *relay, uint32_t max_on_ms,
		  struct buzzer **ret_buzzer, struct error *err);

/*
 * Play `count` beeps of on_ms, with pauses of off_ms between them. Starts the first beep and
 * returns at once; a pattern that was playing ends. `count` 0 or on_ms 0 is silence. Codes of
 * relay_set().
 */
int buzzer_play(struct buzzer *buzzer, uint32_t count, uint32_t on_ms, uint32_t off_ms,
		struct error *err);

/* Stop the pattern now. Codes of relay_set(). */
int buzzer_stop(struct buzzer *buzzer, struct error *err);

bool buzzer_is_playing(const struct buzzer *buzzer);

/* How many patterns were shortened to max_on_ms, or ended by an error of the relay. */
uint64_t buzzer_cut_count(const struct buzzer *buzzer);

/*
 * Stop the sound and free the buzzer. Calls on_closed(arg) in a later turn of the loop, when the
 * relay is no longer used. `buzzer` and `on_closed` may be NULL.
 */
void buzzer_close(struct buzzer *buzzer, buzzer_closed *on_closed, void *arg);

#endif
