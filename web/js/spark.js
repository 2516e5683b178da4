// A sparkline: the last hour of one field, from the history and new readings, over the true time axis, with its lowest
// and highest value in words.
import {get, path, query} from './api.js';
import {el, say, svg} from './dom.js';
import {age, numberStyle, shownText} from './format.js';
import {leastSpan} from './quantity.js';
import {text} from './texts.js';
import {trend} from './trend.js';

const SPAN_MS = 3600000;
const ALL_MS = 0.95 * SPAN_MS; // so much is called the last hour
const POINTS = 60;
const WIDTH = 240, HEIGHT = 48, MARGIN = 3;
const GAP = 4; // the line breaks where so many steps have no value
const AT_ONCE = 3; // queries of the history at the same time
const KEPT_MAX = 2000;

let running = 0;
const waiting = [];

async function inTurn(work) {
	if (running >= AT_ONCE) await new Promise(resolve => waiting.push(resolve));
	running++;
	try {
		return await work();
	} finally {
		running--;
		waiting.shift()?.();
	}
}

async function history(reading, field) {
	const to = reading.timestamp_ms, from = to - SPAN_MS;
	const series = await inTurn(() => get(path('history', 'series') + query({
		node: reading.node, sensor: reading.sensor, fields: field, from, to, points: POINTS,
	})));
	const means = series.fields?.[field]?.mean ?? [];
	return series.times_ms.map((time, i) => [time, means[i] ?? null]);
}

export class Spark {
	/** `onTrend` is called with 1, 0 or -1 when the line is drawn. */
	constructor(reading, field, onTrend) {
		Object.assign(this, {reading, field, onTrend, points: [], asked: false, isSeen: false});
		this.line = svg('path', {class: 'line'});
		this.area = svg('path', {class: 'area'});
		this.caption = el('figcaption', {});
		this.element = el('figure', {class: 'spark', hidden: true}, svg('svg', {viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
			preserveAspectRatio: 'none', 'aria-hidden': 'true'}, this.area, this.line), this.caption);
	}

	/** It came into view, or left it: it is drawn only while it is seen. The first time it asks for the history; if there is
	 * none, the line begins now. */
	see(isSeen) {
		this.isSeen = isSeen;
		if (!isSeen) return;
		this.#draw();
		if (this.asked) return;
		this.asked = true;
		history(this.reading, this.field).then(points => this.#put(points), () => {});
	}

	add(reading) {
		const value = reading.data[this.field];
		this.reading = reading;
		if (this.points.at(-1)?.[0] >= reading.timestamp_ms) return;
		this.#put([[reading.timestamp_ms, typeof value === 'number' ? value : null]]);
	}

	#put(points) {
		const byTime = new Map([...this.points, ...points].map(point => [point[0], point]));
		this.points = [...byTime.values()].sort((a, b) => a[0] - b[0]);
		const newest = this.points.at(-1)?.[0] ?? 0;
		this.points = this.points.filter(([time]) => time >= newest - SPAN_MS).slice(-KEPT_MAX);
		if (this.isSeen) this.#draw();
	}

	#draw() {
		const known = this.points.filter(([, value]) => value !== null);
		this.element.hidden = known.length < 2;
		if (known.length < 2) return;
		const {convert} = numberStyle(this.field, this.reading);
		const numbers = known.map(([, value]) => convert(value));
		const low = Math.min(...numbers), high = Math.max(...numbers), middle = (low + high) / 2;
		const least = leastSpan(this.field, this.reading, middle);
		const range = Math.max(high - low, least);
		const start = this.points.at(-1)[0] - SPAN_MS;
		const x = time => ((time - start) / SPAN_MS * WIDTH).toFixed(1);
		const y = value => (HEIGHT - MARGIN - (0.5 + (convert(value) - middle) / range) * (HEIGHT - 2 * MARGIN)).toFixed(1);
		this.#paths(this.#runs(), x, y);
		this.#say(known);
		this.onTrend(trend(this.points.map(([time, value]) => [time, value === null ? null : convert(value)]), least));
	}

	#paths(runs, x, y) {
		this.line.setAttribute('d', runs.map(run => 'M' + run.map(([t, v]) => `${x(t)} ${y(v)}`).join('L')).join(''));
		this.area.setAttribute('d', runs.map(run => `M${x(run[0][0])} ${HEIGHT}L` +
			run.map(([t, v]) => `${x(t)} ${y(v)}`).join('L') + `L${x(run.at(-1)[0])} ${HEIGHT}Z`).join(''));
	}

	/** The span of the data with its lowest and highest value. */
	#say(known) {
		const values = known.map(([, value]) => value), span = this.points.at(-1)[0] - known[0][0];
		const low = shownText(this.field, Math.min(...values), this.reading);
		const high = shownText(this.field, Math.max(...values), this.reading);
		say(this.caption, span >= ALL_MS ? text('cards.span', {low, high}) : text('cards.spanShort', {age: age(span), low, high}));
	}

	/** The points as runs without gaps. */
	#runs() {
		const steps = this.points.slice(1).map((point, i) => point[0] - this.points[i][0]).sort((a, b) => a - b);
		const far = Math.max(SPAN_MS / POINTS * 2, GAP * (steps[steps.length >> 1] ?? 0));
		const runs = [];
		let last = null;
		for (const point of this.points) {
			if (point[1] === null) last = null;
			else if (last && point[0] - last[0] <= far) runs.at(-1).push(last = point);
			else runs.push([last = point]);
		}
		return runs;
	}
}
