/* Internal to bus/: which baud rates a serial port accepts, when it is opened and when it changes.
 */
#ifndef HARVESTER_HARDWARE_BUS_BAUD_H
#define HARVESTER_HARDWARE_BUS_BAUD_H

#include <stdbool.h>
#include <stdint.h>

/* True for the rates that POSIX and Linux name, from 1200 to 921600. */
bool baud_is_known(uint32_t baud);

#endif
