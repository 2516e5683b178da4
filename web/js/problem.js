// What an error means to the owner of a sensor. The developer's words stay beside it.
import {text} from './texts.js';

// The first pattern that fits decides.
const KINDS = [
	['removed', /plugin was removed/i],
	['noise', /checksum|crc|parity|framing|damaged|garbled/i],
	['permission', /denied|not granted|withheld|permission/i],
	['slow', /deadline|too long|took longer/i],
	['wiring', /no answer|not answer|no reply|timed? ?out|no acknowledge|nack|no device|no such device|not connected|remote i\/o|no pulse|no response/i],
	['program', /traceback|exception|error:|trap|unreachable/i],
];

/** The error in the owner's words, and what to do. */
export function explain(error) {
	const [kind] = KINDS.find(([, pattern]) => pattern.test(error)) ?? ['other'];
	return text(`error.${kind}`);
}
