// Puts cards in order by hand: with the arrows on them, or by dragging one onto another. The node keeps the order.
import {path, send} from './api.js';
import {live} from './live.js';

const STEP = 10; // between two neighbours, so that a sensor that comes later fits in
const ORDER_MAX = 9999;

/** Tells the node the order of these readings, by as few requests as it takes. */
async function save(readings) {
	const step = Math.min(STEP, Math.floor(ORDER_MAX / Math.max(1, readings.length)));
	for (const [i, reading] of readings.entries()) {
		const order = (i + 1) * step;
		if (reading.description?.order === order) continue;
		await send(path('sensors', reading.sensor_id), {order}, 'PATCH');
		live.describe(reading.sensor_id, {order});
	}
}

/** Moves the reading at `from` of a room's readings to `to`, and saves the room's order. */
export async function move(readings, from, to) {
	if (to < 0 || to >= readings.length || from === to) return;
	const moved = [...readings];
	moved.splice(to, 0, ...moved.splice(from, 1));
	await save(moved);
}

/** Lets cards be dragged inside an element. `onDrop(dragged, target)` gets the two articles' ids. */
export function dragging(element, isOn, onDrop) {
	let dragged = null;
	const card = event => (isOn() ? event.target.closest?.('article[id]') : null);
	element.addEventListener('dragstart', event => {
		dragged = card(event);
		if (!dragged) return event.preventDefault();
		event.dataTransfer.effectAllowed = 'move';
		event.dataTransfer.setData('text/plain', dragged.id);
	});
	element.addEventListener('dragover', event => {
		if (dragged && card(event)) event.preventDefault();
	});
	element.addEventListener('drop', event => {
		const target = card(event);
		if (!dragged || !target) return;
		event.preventDefault();
		if (target !== dragged) onDrop(dragged.id, target.id);
	});
	element.addEventListener('dragend', () => {
		dragged = null;
	});
}
