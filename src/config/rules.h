/*
 * What names and addresses in the files may look like, and how to say that. Any thread.
 */
#ifndef HARVESTER_CONFIG_RULES_H
#define HARVESTER_CONFIG_RULES_H

#include <stdbool.h>

#define RULE_NAME "1 to 64 letters, digits, \"-\" and \"_\""
#define RULE_LABEL "1 to 64 letters, digits, \"-\", \"_\" and \".\""
#define RULE_URL "a URL that begins with http:// or https://"
#define RULE_LISTEN "\"ADDRESS:PORT\", such as \"127.0.0.1:3000\" or \"[::1]:3000\""
#define RULE_HOST "a host name without its port, such as \"pi.example.org\""
#define RULE_SPI "the name of an spi device, such as \"spi0.0\""
#define RULE_UART "the name of a serial port, such as \"serial0\" or \"ttyUSB0\""
#define RULE_W1 "the id of a 1-wire device, such as \"28-0316a2794bff\""

#define RULE_PATH "the path of a folder, without control characters"

bool rule_is_name(const char *text);
bool rule_is_label(const char *text);
bool rule_is_url(const char *text);
bool rule_is_listen(const char *text);
/* Up to 253 bytes, as in the DNS. */
bool rule_is_host(const char *text);
bool rule_is_spi(const char *text);
/* Not empty, nothing that a line of text cannot show. */
bool rule_is_path(const char *text);
/* "serial…" or "tty…" alone: no other file of /dev can be asked for. */
bool rule_is_uart(const char *text);
/* A family and a serial number as the kernel writes them: 2 and 12 lower-case hexadecimal digits.
 */
bool rule_is_w1(const char *text);

#endif
