#include "simulation/chip/serial.h"

#include <string.h>

#include "base/clock.h"

#define BAUD 9600
#define NS_PER_S 1000000000u
#define NS_PER_MS 1000000u
#define BYTE_NS (10ull * NS_PER_S / BAUD) /* with the start and the stop bit */
#define CHECKSUM_FAULT 0x55
#define LOST 2	   /* bytes missing from a truncated frame */
#define STRAY_AT 5 /* position of the stray byte, after the header */

bool serial_has_fault(const struct serial *serial, enum fault_kind kind)
{
	return fault_schedule_active(&serial->faults, kind, clock_monotonic_ns(serial->clock));
}

static void spoil(struct serial *serial, struct serial_frame *frame)
{
	if (serial_has_fault(serial, FAULT_CHECKSUM))
		frame->bytes[frame->size - serial->sum_at] ^= CHECKSUM_FAULT;
	if (serial_has_fault(serial, FAULT_TRUNCATED_FRAMES))
		frame->size -= LOST;
	if (serial_has_fault(serial, FAULT_SHIFTED_FRAMES)) {
		memmove(&frame->bytes[STRAY_AT + 1], &frame->bytes[STRAY_AT],
			frame->size - STRAY_AT - 1);
		frame->bytes[STRAY_AT] = CHECKSUM_FAULT;
	}
	if (serial_has_fault(serial, FAULT_ALL_ZEROS))
		memset(frame->bytes, 0x00, frame->size);
	if (serial_has_fault(serial, FAULT_ALL_ONES))
		memset(frame->bytes, 0xff, frame->size);
}

static void put_on_wire(struct serial *serial, const struct serial_frame *frame, uint64_t at_ns)
{
	serial->wire = *frame;
	serial->wire_ns = at_ns > serial->free_ns ? at_ns : serial->free_ns;
	serial->sent = 0;
	spoil(serial, &serial->wire);
}

/* After a long pause, skip the frames that the host's buffer would have lost anyway. */
static void skip_periods(struct serial *serial, uint64_t now_ns)
{
	uint64_t due = (now_ns - serial->next_ns) / serial->period_ns;

	if (due > SERIAL_KEPT)
		serial->next_ns += (due - SERIAL_KEPT) * serial->period_ns;
}

/* Start to send the next frame; the wire is free. False if none is due at now_ns. */
static bool begin_frame(struct serial *serial, uint64_t now_ns)
{
	struct serial_frame frame = {.size = 0};
	uint64_t age_ns;

	if (serial->answers_count > 0) {
		put_on_wire(serial, &serial->answers[0], serial->free_ns);
		memmove(&serial->answers[0], &serial->answers[1],
			--serial->answers_count * sizeof(serial->answers[0]));
		return true;
	}
	if (serial->next_ns > now_ns)
		return false;
	skip_periods(serial, now_ns);
	age_ns = now_ns - serial->next_ns;
	serial->ops->measure(serial, clock_unix_ms(serial->clock) - age_ns / NS_PER_MS, &frame);
	put_on_wire(serial, &frame, serial->next_ns);
	serial->next_ns += serial->period_ns;
	return true;
}

static bool is_silent(const struct serial *serial)
{
	return serial_has_fault(serial, FAULT_TIMEOUT) || serial_has_fault(serial, FAULT_UNPLUGGED);
}

/* Move the bytes that have been sent by now_ns to `kept`. True once the whole frame was sent. */
static bool pass_bytes(struct serial *serial, uint64_t now_ns)
{
	bool silent = is_silent(serial);

	if (serial->wire.size == 0)
		return true;
	while (serial->sent < serial->wire.size) {
		if (serial->wire_ns + (serial->sent + 1) * BYTE_NS > now_ns)
			return false;
		if (serial->kept_count < SERIAL_KEPT && !silent)
			serial->kept[serial->kept_count++] = serial->wire.bytes[serial->sent];
		serial->sent++;
	}
	serial->free_ns = serial->wire_ns + serial->wire.size * BYTE_NS;
	serial->wire.size = 0;
	return true;
}

static void check_power(struct serial *serial, uint64_t now_ns)
{
	uint64_t unplugged = fault_schedule_begun(&serial->faults, FAULT_UNPLUGGED, now_ns);

	if (unplugged == serial->unplugged)
		return;
	serial->unplugged = unplugged;
	serial->answers_count = 0;
	serial->command_count = 0;
	serial->wire.size = 0;
	serial_go(serial, true);
	serial->ops->power_on(serial);
}

static void catch_up(struct serial *serial, uint64_t now_ns)
{
	check_power(serial, now_ns);
	do {
		if (!pass_bytes(serial, now_ns))
			return;
	} while (begin_frame(serial, now_ns));
}

/* At a rate other than the sensor's, bytes arrive garbled. */
static uint8_t at_rate(uint8_t byte, uint32_t baud)
{
	return (uint8_t)(baud == BAUD ? byte : byte << 3 | 0x15);
}

static size_t read_bytes(struct sim_uart_device *device, uint32_t baud, uint64_t now_ns,
			 uint8_t *ret_data, size_t max)
{
	struct serial *serial = (struct serial *)device;
	size_t count;

	catch_up(serial, now_ns);
	count = max < serial->kept_count ? max : serial->kept_count;
	for (size_t i = 0; i < count; i++)
		ret_data[i] = at_rate(serial->kept[i], baud);
	serial->kept_count -= count;
	memmove(serial->kept, serial->kept + count, serial->kept_count);
	return count;
}

static uint64_t next_byte_ns(struct sim_uart_device *device)
{
	const struct serial *serial = (const struct serial *)device;

	if (serial->wire.size > 0)
		return serial->wire_ns + (serial->sent + 1) * BYTE_NS;
	if (serial->answers_count > 0)
		return serial->free_ns + BYTE_NS;
	return serial->next_ns == SERIAL_NEVER ? UINT64_MAX : serial->next_ns + BYTE_NS;
}

static void take(struct serial *serial, uint8_t byte)
{
	const struct serial_ops *ops = serial->ops;

	if (serial->command_count < sizeof(ops->start) && byte != ops->start[serial->command_count])
		serial->command_count = 0;
	if (serial->command_count > 0 || byte == ops->start[0])
		serial->command[serial->command_count++] = byte;
	if (serial->command_count < ops->command_size)
		return;
	serial->command_count = 0;
	ops->obey(serial, serial->command);
}

static void write_bytes(struct sim_uart_device *device, uint32_t baud, const uint8_t *data,
			size_t size)
{
	struct serial *serial = (struct serial *)device;

	catch_up(serial, clock_monotonic_ns(serial->clock));
	for (size_t i = 0; i < size && !is_silent(serial); i++)
		take(serial, at_rate(data[i], baud));
}

uint64_t serial_unix_ms(const struct serial *serial)
{
	return clock_unix_ms(serial->clock);
}

void serial_go(struct serial *serial, bool periodical)
{
	serial->next_ns =
		periodical ? clock_monotonic_ns(serial->clock) + serial->period_ns : SERIAL_NEVER;
}

void serial_answer(struct serial *serial, const struct serial_frame *frame)
{
	uint64_t now = clock_monotonic_ns(serial->clock);

	if (serial->answers_count == SERIAL_ANSWERS_MAX)
		return;
	serial->answers[serial->answers_count++] = *frame;
	if (serial->wire.size == 0 && serial->free_ns < now)
		serial->free_ns = now;
}

void serial_init(struct serial *serial, const struct serial_ops *ops, struct clock *clock,
		 uint64_t period_ns, size_t sum_at)
{
	static const struct sim_uart_device_ops device_ops = {
		.read = read_bytes,
		.next_ns = next_byte_ns,
		.write = write_bytes,
	};
	uint64_t now = clock_monotonic_ns(clock);

	memset(serial, 0, sizeof(*serial));
	serial->device.ops = &device_ops;
	serial->ops = ops;
	serial->clock = clock;
	serial->faults.epoch_ns = now;
	serial->period_ns = period_ns;
	serial->free_ns = now;
	serial->sum_at = sum_at;
	serial_go(serial, true);
}
