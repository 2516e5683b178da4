// A sparkline: the last hour of one field as a line without axes, from the history and new readings.
import {get, path, query} from './api.js';
import {svg} from './dom.js';

const SPAN_MS = 3600000;
const POINTS = 60;
const WIDTH = 240, HEIGHT = 48, MARGIN = 3;
const CALM = 0.02;
const GAP = 4; // the line breaks where so many steps have no value
const AT_ONCE = 3; // queries of the history at the same time

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
	constructor(reading, field) {
		this.field = field;
		this.points = [];
		this.line = svg('path', {class: 'line'});
		this.area = svg('path', {class: 'area'});
		this.element = svg('svg', {class: 'spark', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none',
			'aria-hidden': 'true'}, this.area, this.line);
		// If there is no history, the line begins now.
		history(reading, field).then(points => this.#put(points), () => {});
	}

	add(reading) {
		const value = reading.data[this.field];
		if (this.points.at(-1)?.[0] >= reading.timestamp_ms) return;
		this.#put([[reading.timestamp_ms, typeof value === 'number' ? value : null]]);
	}

	#put(points) {
		const byTime = new Map([...this.points, ...points].map(point => [point[0], point]));
		this.points = [...byTime.values()].sort((a, b) => a[0] - b[0]);
		const newest = this.points.at(-1)?.[0] ?? 0;
		this.points = this.points.filter(([time]) => time >= newest - SPAN_MS).slice(-2000);
		this.#draw();
	}

	#draw() {
		const known = this.points.filter(([, value]) => value !== null);
		if (known.length < 2) return;
		const numbers = known.map(([, value]) => value);
		const start = this.points[0][0], span = Math.max(1, this.points.at(-1)[0] - start);
		const middle = (Math.min(...numbers) + Math.max(...numbers)) / 2;
		// At least CALM of the value fills the height, so that noise stays flat.
		const range = Math.max(Math.max(...numbers) - Math.min(...numbers), CALM * Math.abs(middle)) || 1;
		const x = time => ((time - start) / span * WIDTH).toFixed(1);
		const y = value => (HEIGHT - MARGIN - (0.5 + (value - middle) / range) * (HEIGHT - 2 * MARGIN)).toFixed(1);
		const runs = this.#runs();
		this.line.setAttribute('d', runs.map(run => 'M' + run.map(([t, v]) => `${x(t)} ${y(v)}`).join('L')).join(''));
		this.area.setAttribute('d', runs.map(run => `M${x(run[0][0])} ${HEIGHT}L` +
			run.map(([t, v]) => `${x(t)} ${y(v)}`).join('L') + `L${x(run.at(-1)[0])} ${HEIGHT}Z`).join(''));
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
