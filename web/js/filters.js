// The row above the cards: search, filters, the compact view and the button that arranges.
import {el, say} from './dom.js';
import {roomOf, sensorName, title, values} from './format.js';
import {live} from './live.js';
import {text} from './texts.js';

const KEY = 'harvester-view';
const WIDE = '(min-width: 48rem)'; // as in harvester.css
const NO_ROOM = '\u0000'; // no room is called so

function stored() {
	try {
		return localStorage.getItem(KEY) === 'compact';
	} catch {
		return false;
	}
}

/** Everything of a reading that a search looks at. */
function words(reading) {
	return [sensorName(reading), reading.sensor_id, roomOf(reading), ...values(reading).map(([name]) => title(name, reading))]
		.join(' ').toLowerCase();
}

export class Filters {
	/** `onChange` is called when other cards are to be shown, `onArrange` with whether cards are arranged now. */
	constructor(onChange, onArrange) {
		this.search = el('input', {type: 'search', oninput: onChange});
		this.room = this.#select(onChange);
		this.node = this.#select(onChange);
		this.state = this.#select(onChange);
		this.#options(this.state, [['', text('filter.all')], ['wrong', text('filter.wrong')], ['hidden', text('filter.hidden')]]);
		this.compact = this.#toggle('filter.compact', stored(), on => this.#keep(on, onChange));
		this.arrange = this.#toggle('filter.arrange', false, onArrange);
		this.count = el('p', {class: 'note', role: 'status'});
		this.labels = Object.fromEntries(['room', 'node', 'state'].map(key => [key, el('label', {}, text(`filter.${key}`), this[key])]));
		this.element = el('form', {class: 'filters', role: 'search', 'aria-label': text('filter.tools'), onsubmit: event => event.preventDefault()},
			el('label', {class: 'search'}, text('filter.search'), this.search), this.#more(), this.count);
	}

	/** What a phone shows only when asked. */
	#more() {
		return el('details', {class: 'more', open: matchMedia(WIDE).matches}, el('summary', {}, text('filter.more')),
			el('div', {}, ...Object.values(this.labels), el('div', {class: 'toggles'}, this.compact, this.arrange)));
	}

	#select(onChange) {
		return el('select', {onchange: onChange});
	}

	#toggle(key, on, action) {
		const button = el('button', {type: 'button', 'aria-pressed': String(on), onclick: () => {
			const next = button.getAttribute('aria-pressed') !== 'true';
			button.setAttribute('aria-pressed', String(next));
			action(next);
		}}, text(key));
		return button;
	}

	#keep(on, onChange) {
		try {
			localStorage.setItem(KEY, on ? 'compact' : '');
		} catch {
			// Private browsing: the choice lasts only as long as the page.
		}
		onChange();
	}

	#options(list, options) {
		const key = options.map(([value]) => value).join('\n'), {value} = list;
		if (list.dataset.key === key) return;
		list.dataset.key = key;
		list.replaceChildren(...options.map(([one, name]) => el('option', {value: one}, name)));
		list.value = options.some(([one]) => one === value) ? value : '';
	}

	/** Offers the rooms and nodes of these readings, and hides what has nothing to choose. */
	offer(readings) {
		const rooms = [...new Set(readings.map(roomOf))].sort((a, b) => a.localeCompare(b));
		const nodes = [...new Set(readings.map(({node}) => node))].sort();
		const all = ['', text('filter.all')];
		this.#options(this.room, [all, ...rooms.map(room => (room ? [room, room] : [NO_ROOM, text('filter.noRoom')]))]);
		this.#options(this.node, [all, ...nodes.map(node => [node, node])]);
		this.labels.room.hidden = rooms.length < 2;
		this.labels.node.hidden = nodes.length < 2;
		this.arrange.hidden = !live.mayOperate || readings.length < 2;
		this.element.hidden = readings.length < 2;
	}

	get isCompact() {
		return this.compact.getAttribute('aria-pressed') === 'true';
	}

	get isUsed() {
		return Boolean(this.search.value || this.room.value || this.node.value || this.state.value);
	}

	clear() {
		for (const field of [this.search, this.room, this.node, this.state]) field.value = '';
	}

	fits(reading) {
		const {value: room} = this.room, {value: node} = this.node, {value: state} = this.state;
		if (Boolean(reading.description?.hidden) !== (state === 'hidden')) return false;
		if (room && roomOf(reading) !== (room === NO_ROOM ? '' : room)) return false;
		if (node && reading.node !== node) return false;
		if (state === 'wrong' && live.statusOf(reading) === 'ok') return false;
		const search = this.search.value.trim().toLowerCase();
		return !search || search.split(/\s+/).every(word => words(reading).includes(word));
	}

	say(shown, all) {
		say(this.count, this.isUsed ? text('filter.count', {n: shown, all}) : '');
	}
}
