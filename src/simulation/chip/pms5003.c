#include "simulation/chip/pms5003.h"

#include <math.h>
#include <string.h>

#define PERIOD_NS 1000000000u
#define START_1 0x42
#define START_2 0x4d
#define COMMAND_SIZE 7
#define WORDS 13 /* after the length; the last one has version and error code */
#define VERSION 0x9700

/* Commands; the last byte of their data says on or off. */
#define READ 0xe2
#define SET_MODE 0xe1
#define SET_SLEEP 0xe4

#define ATMOSPHERIC 0.95 /* ratio of the atmospheric words to those of "CF=1" */
#define IMPLAUSIBLE_PM 30000

static void put_word(struct serial_frame *frame, unsigned word)
{
	frame->bytes[frame->size++] = (uint8_t)(word >> 8);
	frame->bytes[frame->size++] = (uint8_t)word;
}

/* Write header and length. The caller adds the words, then calls end_frame(). */
static void begin_frame(struct serial_frame *frame, unsigned length)
{
	frame->size = 0;
	put_word(frame, START_1 << 8 | START_2);
	put_word(frame, length);
}

static void end_frame(struct serial_frame *frame)
{
	unsigned sum = 0;

	for (size_t i = 0; i < frame->size; i++)
		sum += frame->bytes[i];
	put_word(frame, sum);
}

static void put_masses(struct serial_frame *frame, double pm25)
{
	put_word(frame, (unsigned)lround(pm25 * PMS5003_PM1_SHARE));
	put_word(frame, (unsigned)lround(pm25));
	put_word(frame, (unsigned)lround(pm25 * PMS5003_PM10_SHARE));
}

static void measure(struct serial *serial, uint64_t unix_ms, struct serial_frame *ret_frame)
{
	/* Particles larger than 0.3, 0.5, 1, 2.5, 5 and 10 µm in 0.1 l, for each µg/m³. */
	static const double counts[6] = {180, 52, 10, 1.2, 0.4, 0.1};
	const struct pms5003_model *pms5003 = (const struct pms5003_model *)serial;
	double pm25 = climate_at(&pms5003->source, unix_ms).dust;

	if (serial_has_fault(serial, FAULT_IMPLAUSIBLE))
		pm25 = IMPLAUSIBLE_PM;
	begin_frame(ret_frame, 2 * WORDS + 2);
	put_masses(ret_frame, pm25 / ATMOSPHERIC);
	put_masses(ret_frame, pm25);
	for (size_t i = 0; i < 6; i++)
		put_word(ret_frame, (unsigned)fmin(pm25 * counts[i], UINT16_MAX));
	put_word(ret_frame, VERSION);
	end_frame(ret_frame);
}

static void confirm(struct pms5003_model *pms5003, uint8_t command, uint8_t data)
{
	struct serial_frame frame;

	begin_frame(&frame, 4);
	put_word(&frame, (unsigned)command << 8 | data);
	end_frame(&frame);
	serial_answer(&pms5003->serial, &frame);
}

static void answer_request(struct pms5003_model *pms5003)
{
	struct serial_frame frame;

	measure(&pms5003->serial, serial_unix_ms(&pms5003->serial), &frame);
	serial_answer(&pms5003->serial, &frame);
}

static void set(struct pms5003_model *pms5003, uint8_t command, uint8_t data)
{
	if (command == SET_SLEEP) {
		pms5003->asleep = !data;
		if (!data)
			confirm(pms5003, command, data);
		else
			pms5003->passive =
				false; /* it wakes up as after power-on: in active mode */
	} else if (pms5003->asleep) {
		return;
	} else if (command == SET_MODE) {
		pms5003->passive = !data;
		confirm(pms5003, command, data);
	} else if (command == READ && pms5003->passive) {
		answer_request(pms5003);
		return;
	} else {
		return;
	}
	serial_go(&pms5003->serial, !pms5003->asleep && !pms5003->passive);
}

static bool is_whole(const uint8_t *command)
{
	unsigned sum = 0;

	for (size_t i = 0; i < COMMAND_SIZE - 2; i++)
		sum += command[i];
	return (uint8_t)(sum >> 8) == command[COMMAND_SIZE - 2] &&
	       (uint8_t)sum == command[COMMAND_SIZE - 1];
}

static void obey(struct serial *serial, const uint8_t *command)
{
	if (is_whole(command))
		set((struct pms5003_model *)serial, command[2], command[4]);
}

static void power_on(struct serial *serial)
{
	struct pms5003_model *pms5003 = (struct pms5003_model *)serial;

	pms5003->passive = false;
	pms5003->asleep = false;
}

void pms5003_model_init(struct pms5003_model *pms5003, struct clock *clock,
			const struct climate_source *source)
{
	static const struct serial_ops ops = {
		.measure = measure,
		.obey = obey,
		.command_size = COMMAND_SIZE,
		.start = {START_1, START_2},
		.power_on = power_on,
	};

	memset(pms5003, 0, sizeof(*pms5003));
	serial_init(&pms5003->serial, &ops, clock, PERIOD_NS, 1);
	pms5003->source = *source;
}
