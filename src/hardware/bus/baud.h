/* Inside bus/: the baud rates, which the opening of a port and its change both check. */
#ifndef HARVESTER_HARDWARE_BUS_BAUD_H
#define HARVESTER_HARDWARE_BUS_BAUD_H

#include <stdbool.h>
#include <stdint.h>

/* One of the rates that POSIX and Linux name, 1200 to 921600. */
bool baud_is_known(uint32_t baud);

#endif
