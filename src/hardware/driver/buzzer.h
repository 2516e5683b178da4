/*
 * A buzzer on a relay, played in patterns by a timer of the loop: nobody waits for a sound.
 *
 * All functions run on the loop thread.
 */
#ifndef HARVESTER_HARDWARE_DRIVER_BUZZER_H
#define HARVESTER_HARDWARE_DRIVER_BUZZER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct buzzer;
struct error;
struct relay;

/* longest pause inside a pattern; a longer one is cut to it */
#define BUZZER_OFF_MS_MAX 10000

typedef void buzzer_closed(void *arg);

/*
 * max_on_ms: the sound of a whole pattern, and so of a single beep; what is over is not played. The
 * relay is borrowed until the close callback. ERROR_INVALID for max_on_ms 0, ERROR_NO_MEMORY.
 */
int buzzer_create(uv_loop_t *loop, struct relay *relay, uint32_t max_on_ms,
		  struct buzzer **ret_buzzer, struct error *err);

/*
 * Sound `count` beeps of on_ms with pauses of off_ms between them. Returns at once, with the first
 * beep begun; what was playing is replaced. count 0 or on_ms 0 is silence. The relay's codes.
 */
int buzzer_play(struct buzzer *buzzer, uint32_t count, uint32_t on_ms, uint32_t off_ms,
		struct error *err);

/* Silence, now. The relay's codes. */
int buzzer_stop(struct buzzer *buzzer, struct error *err);

bool buzzer_is_playing(const struct buzzer *buzzer);

/* Patterns that were cut by max_on_ms, or ended by an error of the relay. */
uint64_t buzzer_cut_count(const struct buzzer *buzzer);

/* Silence; the memory ends after closed(arg), in a later turn of the loop. Both may be NULL. */
void buzzer_close(struct buzzer *buzzer, buzzer_closed *closed, void *arg);

#endif
