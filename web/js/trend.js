// Whether a value rises or falls: its newest mean beside that of half an hour before.

const REACH_MS = 30 * 60000;
const LEAST_MS = 10 * 60000; // with less than this there is no trend
const MEAN_MS = 3 * 60000; // one reading alone may be noise
const PART = 0.25; // of the least scale of its chart

function mean(points, from, to) {
	const found = points.filter(([time, value]) => value !== null && time >= from && time <= to);
	return found.length ? found.reduce((sum, [, value]) => sum + value, 0) / found.length : null;
}

/** 1 if the points ([time, value], the oldest first) rise, -1 if they fall, else 0. `least` is the least scale of their chart. */
export function trend(points, least) {
	const newest = points.at(-1)?.[0], oldest = points.find(([, value]) => value !== null)?.[0];
	if (newest === undefined || oldest === undefined || newest - oldest < LEAST_MS) return 0;
	const start = Math.max(oldest, newest - REACH_MS);
	const before = mean(points, start, start + MEAN_MS), now = mean(points, newest - MEAN_MS, newest);
	if (before === null || now === null || Math.abs(now - before) < PART * least) return 0;
	return Math.sign(now - before);
}
