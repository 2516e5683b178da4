// Opens the chart that the address names: #chart/SENSOR?…, so that "back" closes it and a link to it can be shared.
import {live} from './live.js';
import {place} from './tabs.js';

let open = null;
let opening = null;
let cameFromPage = false; // so that closing goes back in the browser's history

async function follow() {
	const {section, thing} = place();
	if (section !== 'chart') {
		open?.close();
		open = null;
		return;
	}
	const reading = live.readings.get(thing);
	if (!reading || open || opening) return;
	opening = import('./chart.js');
	const {Chart} = await opening;
	opening = null;
	if (place().section !== 'chart') return;
	open = new Chart(reading, leave);
}

/** The chart was closed. Where that changes the address, the browser then takes the focus, so it is given back after that. */
function leave(focusBack) {
	open = null;
	if (place().section !== 'chart') return setTimeout(focusBack);
	addEventListener('hashchange', () => setTimeout(focusBack), {once: true});
	if (cameFromPage) history.back();
	else location.replace('#overview');
	cameFromPage = false;
}

/** Follows the address from now on. */
export function watchCharts() {
	addEventListener('hashchange', event => {
		if (place().section === 'chart') cameFromPage = !new URL(event.oldURL).hash.startsWith('#chart/');
		follow();
	});
	live.addEventListener('readings', () => follow());
}

/** Changes the address of the open chart, without a step in the browser's history. */
export function keepAddress(sensor, values) {
	const used = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
	const search = used.length ? `?${new URLSearchParams(used)}` : '';
	history.replaceState(history.state, '', `#chart/${encodeURIComponent(sensor)}${search}`);
}

/** What the address says behind "?". */
export function addressed() {
	return new URLSearchParams(location.hash.split('?')[1] ?? '');
}
