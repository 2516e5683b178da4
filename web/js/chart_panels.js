// Draws series over the same period, in a panel for each unit, with a cursor that all panels share.
import UPlot from 'uplot';
import {el} from './dom.js';
import {clock, shownText} from './format.js';
import {live} from './live.js';
import {leastSpan} from './quantity.js';
import {text} from './texts.js';

const PANEL = 150, ALONE = 320; // heights in pixels
const AXIS = 64;
const FONT = '12px system-ui, sans-serif';
const BAND = 0.16; // of the colour

let keys = 0;

/** The lowest and highest value of a panel's scale: not less than `least` apart, with limits that are near. */
function scale(low, high, least, limits) {
	let [from, to] = low === null ? [0, 1] : [low, high];
	const middle = (from + to) / 2, half = Math.max(to - from, least) / 2 * 1.15;
	[from, to] = [middle - half, middle + half];
	for (const {value} of limits) {
		const [a, b] = [Math.min(from, value), Math.max(to, value)];
		if (b - a <= 2 * (to - from)) [from, to] = [a - half * 0.05, b + half * 0.05];
	}
	return [from, to];
}

export class Panels {
	/** `onCursor` is called with the index into the times, or null. */
	constructor(element, onCursor) {
		Object.assign(this, {element, onCursor, plots: [], key: `harvester-${++keys}`});
	}

	/** `data`: {times, series: [{unit, color, mean, min, max, dashed, …}], limits, events, from, to}. */
	draw(data) {
		this.destroy();
		this.data = data;
		const units = [...new Set(data.series.map(({unit}) => unit))];
		const height = units.length > 1 ? PANEL : Math.min(ALONE, Math.max(200, innerHeight * 0.4));
		this.plots = units.map((unit, i) => this.#panel(unit, height, i === units.length - 1));
	}

	#panel(unit, height, isLast) {
		const series = this.data.series.filter(one => one.unit === unit);
		const limits = this.data.limits.filter(one => one.unit === unit);
		const place = this.element.appendChild(el('div', {class: 'panel'}));
		const rows = series.flatMap(one => [one.mean, one.min, one.max]);
		const options = {
			width: this.element.clientWidth, height: height + (isLast ? 30 : 0), legend: {show: false},
			padding: [10, 24, isLast ? 0 : 6, 0], // the same for all, so that their times are in line
			tzDate: seconds => UPlot.tzDate(new Date(seconds * 1000), live.zone),
			cursor: {drag: {x: false, y: false}, points: {size: 8}, sync: {key: this.key, scales: ['x', null]}},
			scales: {x: {min: this.data.from, max: this.data.to},
				y: {range: (_, low, high) => scale(low, high, leastSpan(series[0].field, series[0].reading, (low + high) / 2), limits)}},
			axes: this.#axes(unit, series[0], isLast),
			series: [{}, ...series.flatMap(one => this.#lines(one))],
			bands: series.map((_, i) => ({series: [3 * i + 3, 3 * i + 2], fill: this.#faint(series[i].color)})),
			hooks: {draw: [plot => this.#marks(plot, limits)], setCursor: [plot => this.onCursor(plot.cursor.idx)]},
		};
		const plot = new UPlot(options, [this.data.times, ...rows], place);
		plot.setScale('x', {min: this.data.from, max: this.data.to});
		return plot;
	}

	#lines({label, color, dashed}) {
		const hidden = {stroke: 'transparent', width: 0, points: {show: false}};
		return [{label, stroke: this.#color(color), width: 2, spanGaps: false, dash: dashed ? [5, 5] : undefined, points: {show: false}}, hidden, hidden];
	}

	/** The value of a CSS variable, which a canvas cannot use by name. */
	#color(name) {
		this.element.style.setProperty('color', `var(${name})`);
		const {color} = getComputedStyle(this.element);
		this.element.style.removeProperty('color');
		return color;
	}

	#faint(name) {
		const [r, g, b] = this.#color(name).match(/[\d.]+/g);
		return `rgba(${r}, ${g}, ${b}, ${BAND})`;
	}

	#axes(unit, first, isLast) {
		const common = {stroke: this.#color('--dim'), grid: {stroke: this.#color('--line'), width: 1}, ticks: {show: false}, font: FONT};
		const hour12 = false, zone = live.zone;
		const day = clock(zone, {day: 'numeric', month: 'short'}), minute = clock(zone, {hour: '2-digit', minute: '2-digit', hour12});
		const second = clock(zone, {hour: '2-digit', minute: '2-digit', second: '2-digit', hour12});
		return [
			{...common, show: true, size: isLast ? 30 : 0, space: 70, values: (_, splits, __, ___, step) => splits.map(split => {
				const date = new Date(split * 1000), said = (step < 60 ? second : minute).format(date);
				return !isLast ? '' : step >= 86400 || said === '00:00' ? day.format(date) : said;
			})},
			{...common, size: AXIS, space: 34, values: (_, splits) => splits.map((split, n) =>
				(n === splits.length - 1 && unit ? `${Number(split.toPrecision(6))} ${unit}` : String(Number(split.toPrecision(6)))))},
		];
	}

	/** Draws the limits of alerts and the events. */
	#marks(plot, limits) {
		const {ctx, bbox} = plot, ratio = devicePixelRatio;
		ctx.save();
		ctx.beginPath();
		ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
		ctx.clip();
		ctx.font = `${12 * ratio}px system-ui, sans-serif`;
		ctx.textAlign = 'left';
		ctx.textBaseline = 'bottom';
		for (const limit of limits) this.#limit(plot, limit, ratio);
		ctx.setLineDash([2 * ratio, 4 * ratio]);
		ctx.strokeStyle = this.#color('--note');
		for (const {time} of this.data.events) {
			const x = plot.valToPos(time, 'x', true);
			ctx.beginPath();
			ctx.moveTo(x, bbox.top);
			ctx.lineTo(x, bbox.top + bbox.height);
			ctx.stroke();
		}
		ctx.restore();
	}

	#limit(plot, {alert, value, field, reading, raw}, ratio) {
		const {ctx, bbox} = plot;
		const y = plot.valToPos(value, 'y', true);
		ctx.strokeStyle = ctx.fillStyle = this.#color('--bad');
		ctx.setLineDash([8 * ratio, 5 * ratio]);
		ctx.beginPath();
		ctx.moveTo(bbox.left, y);
		ctx.lineTo(bbox.left + bbox.width, y);
		ctx.stroke();
		ctx.fillText(text('chart.limit', {alert, value: shownText(field, raw, reading)}), bbox.left + 6 * ratio, y - 4 * ratio);
	}

	/** Moves the shown period, before its data are there. */
	move(from, to) {
		for (const plot of this.plots) plot.setScale('x', {min: from, max: to});
	}

	/** Puts the cursor at a place on the screen, for a finger. */
	readAt(clientX) {
		const [plot] = this.plots;
		if (!plot) return;
		const box = plot.over.getBoundingClientRect();
		plot.setCursor({left: Math.min(box.width, Math.max(0, clientX - box.left)), top: box.height / 2}, true, true);
	}

	/** Moves the cursor by so many points, for the keyboard. */
	readBy(steps) {
		const [plot] = this.plots;
		if (!plot || !this.data.times.length) return;
		const now = plot.cursor.idx ?? (steps < 0 ? this.data.times.length : -1);
		const next = Math.min(this.data.times.length - 1, Math.max(0, now + steps));
		plot.setCursor({left: plot.valToPos(this.data.times[next], 'x'), top: plot.over.clientHeight / 2}, true, true);
	}

	canvases() {
		return this.plots.map(({ctx}) => ctx.canvas);
	}

	destroy() {
		for (const plot of this.plots.splice(0)) plot.destroy();
		this.element.replaceChildren();
	}
}
