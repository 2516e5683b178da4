#include "simulation/chip/sds011.h"

#include <math.h>
#include <string.h>

#define PERIOD_NS 1000000000u
#define MINUTES_MAX 30

#define HEAD 0xaa
#define TAIL 0xab
#define COMMAND_SIZE 19
#define FROM_HOST 0xb4
#define MEASUREMENT 0xc0
#define REPLY 0xc5
#define ID_HIGH 0xa1
#define ID_LOW 0x60
#define ANY_ID 0xff

/* Commands: the third byte from the host. The fourth is 0 to query or 1 to set, the fifth the
 * value. */
#define REPORTING_MODE 2
#define QUERY 4
#define SLEEP 6
#define FIRMWARE 7
#define WORKING_PERIOD 8

#define TENTHS 10
#define IMPLAUSIBLE_TENTHS 40000 /* 4000 µg/m³ */

static void make_frame(struct serial_frame *frame, uint8_t kind, const uint8_t data[4])
{
	uint8_t sum = (uint8_t)(ID_HIGH + ID_LOW);

	frame->bytes[0] = HEAD;
	frame->bytes[1] = kind;
	for (size_t i = 0; i < 4; i++) {
		frame->bytes[2 + i] = data[i];
		sum = (uint8_t)(sum + data[i]);
	}
	frame->bytes[6] = ID_HIGH;
	frame->bytes[7] = ID_LOW;
	frame->bytes[8] = sum;
	frame->bytes[9] = TAIL;
	frame->size = 10;
}

static void measure(struct serial *serial, uint64_t unix_ms, struct serial_frame *ret_frame)
{
	const struct sds011_model *sds011 = (const struct sds011_model *)serial;
	double dust = climate_at(&sds011->source, unix_ms).dust * TENTHS;
	unsigned pm25 = (unsigned)lround(dust), pm10 = (unsigned)lround(dust * SDS011_PM10_SHARE);

	if (serial_has_fault(serial, FAULT_IMPLAUSIBLE))
		pm25 = pm10 = IMPLAUSIBLE_TENTHS;
	make_frame(ret_frame, MEASUREMENT,
		   (const uint8_t[4]){(uint8_t)pm25, (uint8_t)(pm25 >> 8), (uint8_t)pm10,
				      (uint8_t)(pm10 >> 8)});
}

static void reply(struct sds011_model *sds011, uint8_t command, uint8_t set, uint8_t value,
		  uint8_t last)
{
	struct serial_frame frame;

	make_frame(&frame, REPLY, (const uint8_t[4]){command, set, value, last});
	serial_answer(&sds011->serial, &frame);
}

static void answer_query(struct sds011_model *sds011)
{
	struct serial_frame frame;

	measure(&sds011->serial, serial_unix_ms(&sds011->serial), &frame);
	serial_answer(&sds011->serial, &frame);
}

/* Unless asleep or in query mode, send a frame each second, or each n minutes. */
static void go(struct sds011_model *sds011)
{
	uint64_t minutes = sds011->minutes;

	sds011->serial.period_ns = minutes ? 60 * minutes * PERIOD_NS : PERIOD_NS;
	serial_go(&sds011->serial, !sds011->asleep && !sds011->query_mode);
}

static void set_or_tell(struct sds011_model *sds011, const uint8_t *command)
{
	uint8_t what = command[2], set = command[3], value = command[4];

	if (what == REPORTING_MODE) {
		if (set)
			sds011->query_mode = value;
		value = sds011->query_mode;
	} else if (what == SLEEP) {
		if (set)
			sds011->asleep = !value;
		value = !sds011->asleep;
	} else {
		if (set && value <= MINUTES_MAX)
			sds011->minutes = value;
		value = sds011->minutes;
	}
	reply(sds011, what, set, value, 0);
	if (set)
		go(sds011);
}

static bool is_for_it(const uint8_t *command)
{
	uint8_t sum = 0;

	for (size_t i = 2; i < 17; i++)
		sum = (uint8_t)(sum + command[i]);
	return command[17] == sum && command[18] == TAIL &&
	       ((command[15] == ANY_ID && command[16] == ANY_ID) ||
		(command[15] == ID_HIGH && command[16] == ID_LOW));
}

static void obey(struct serial *serial, const uint8_t *command)
{
	struct sds011_model *sds011 = (struct sds011_model *)serial;

	/* While asleep it accepts only that one command. */
	if (!is_for_it(command) || (sds011->asleep && command[2] != SLEEP))
		return;
	if (command[2] == QUERY)
		answer_query(sds011);
	else if (command[2] == FIRMWARE)
		reply(sds011, FIRMWARE, 18, 11, 16); /* year, month, day */
	else if (command[2] == REPORTING_MODE || command[2] == SLEEP ||
		 command[2] == WORKING_PERIOD)
		set_or_tell(sds011, command);
}

/* Mode and period survive a loss of power; sleep does not. */
static void power_on(struct serial *serial)
{
	struct sds011_model *sds011 = (struct sds011_model *)serial;

	sds011->asleep = false;
	go(sds011);
}

void sds011_model_init(struct sds011_model *sds011, struct clock *clock,
		       const struct climate_source *source)
{
	static const struct serial_ops ops = {
		.measure = measure,
		.obey = obey,
		.command_size = COMMAND_SIZE,
		.start = {HEAD, FROM_HOST},
		.power_on = power_on,
	};

	memset(sds011, 0, sizeof(*sds011));
	serial_init(&sds011->serial, &ops, clock, PERIOD_NS, 2);
	sds011->source = *source;
}
