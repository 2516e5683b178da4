// Shares what the page draws between the plugins, so that one with very many readings neither displaces the
// others nor slows the page.
import {values} from './format.js';

const CARD = 8; // the cost of a card besides its fields, in fields
const OWNER_MAX = 2048; // the most that one plugin or other node may use
const TOTAL_MAX = 8192; // the most for all together

/** Max-min fairness, as in src/base/fair_share.h: the most that each may use, so that all together fit into `total`. */
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

/** Who a reading comes from: a plugin of this node, or another node. */
function owner(reading) {
	return reading.plugin || reading.node;
}

/**
 * Decides how much of these readings is drawn. `drawn` has pairs of a reading and the number of its fields to draw;
 * `left` has pairs of a plugin or node and the number of its readings that are not. Its first readings are drawn first.
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
