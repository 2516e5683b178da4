// Each plugin its share of what the page draws: one that gives very much costs no other one its place, nor the reader his time.
import {values} from './format.js';

const CARD = 8; // what a card costs besides its fields
const OWNER_MAX = 2048; // fields and cards of one owner
const TOTAL_MAX = 8192; // of all

/** Max-min fairness, as src/base/fair_share.h: the most that one may have, so that all together fit in. */
export function fairCap(demands, total) {
	let left = total;
	const sorted = [...demands].sort((a, b) => a - b);
	for (const [i, demand] of sorted.entries()) {
		const part = left / (sorted.length - i);
		if (demand > part) return part;
		left -= demand;
	}
	return Infinity;
}

/** Whose a reading is: a plugin's of this node, or another node's. */
function owner(reading) {
	return reading.plugin || reading.node;
}

/**
 * How much of these readings is drawn: `drawn`, pairs of a reading and the number of its fields, and `left`, pairs
 * of an owner and the number of its readings that are not. Those of an owner that stand first come first.
 */
export function share(readings, {card = CARD, ownerMax = OWNER_MAX, totalMax = TOTAL_MAX} = {}) {
	const wanted = new Map();
	const sizes = readings.map(reading => values(reading).length);
	readings.forEach((reading, i) => wanted.set(owner(reading), (wanted.get(owner(reading)) ?? 0) + card + sizes[i]));
	const cap = Math.min(ownerMax, fairCap([...wanted.values()].map(size => Math.min(size, ownerMax)), totalMax));
	const given = new Map();
	const left = new Map();
	const drawn = [];
	readings.forEach((reading, i) => {
		const name = owner(reading);
		const room = cap - (given.get(name) ?? 0) - card;
		if (room < 0 || (room < 1 && sizes[i])) {
			left.set(name, (left.get(name) ?? 0) + 1);
			return;
		}
		const count = Math.min(sizes[i], Math.floor(room));
		given.set(name, (given.get(name) ?? 0) + card + count);
		drawn.push([reading, count]);
	});
	return {drawn, left: [...left]};
}
