// <harvester-plugins>: a table of the plugins with what matters; the details of each on demand, with the owner's buttons.
import {Approval, waitsForApproval} from './approval.js';
import {path, sendAndSay} from './api.js';
import {el, say, svg} from './dom.js';
import {age, clock, decimal, plain} from './format.js';
import {live, LiveElement} from './live.js';
import {place} from './tabs.js';
import {hasText, text} from './texts.js';

const GOOD = ['idle', 'calling'];
const BAD = ['failing', 'failed', 'refused', 'backoff'];
const KINDS = ['i2c', 'i2c_bus', 'share_i2c', 'gpio', 'share_gpio', 'spi', 'uart', 'leds', 'buzzer', 'fan'];
const ACTIONS = ['reload', 'disable', 'enable'];
const COLUMNS = ['name', 'state', 'last', 'memory', 'poll', 'errors'];
const POLLS_KEPT = 60; // poll times in the small plot
const WIDTH = 60, HEIGHT = 18;
const LINES = 5; // of its log
const FRESH_MS = 5000;

function has(grant, kind) {
	return Array.isArray(grant[kind]) ? grant[kind].length > 0 : Boolean(grant[kind]);
}

/** A request or grant in words. It is a text, a list of texts, or an object by kind of device. */
function grantText(grant) {
	if (grant === undefined || grant === null) return text('value.nothing');
	if (typeof grant === 'string') return grant || text('plugins.nothing');
	if (Array.isArray(grant)) return grant.length ? grant.map(String).join(', ') : text('plugins.nothing');
	const parts = KINDS.filter(kind => has(grant, kind))
		.map(kind => (Array.isArray(grant[kind]) ? `${text(`kind.${kind}`)} ${grant[kind].join(' ')}` : text(`kind.${kind}`)));
	return parts.length ? parts.join(', ') : text('plugins.nothing');
}

/** What the plugin may do, in plain words. */
function mayDo(grant) {
	const kinds = typeof grant === 'object' && grant !== null && !Array.isArray(grant) ? KINDS.filter(kind => has(grant, kind) && hasText(`may.${kind}`)) : [];
	return ['compute', ...kinds].map(kind => text(`may.${kind}`, {list: Array.isArray(grant?.[kind]) ? grant[kind].join(', ') : ''}).trim()).join('; ');
}

function stateText(state) {
	return hasText(`state.${state}`) ? text(`state.${state}`) : String(state);
}

function lastError({reload_error: reload, last_error: last, reason}) {
	return reload || last || reason || '';
}

/** What matters of the version that a bundle has brought, for the table. */
function bundleText(bundle) {
	return [bundle?.on_probation && 'onProbation', bundle?.rolled_back && 'isRolledBack', bundle?.changed_here && 'isChanged']
		.filter(Boolean).map(key => text(`plugins.${key}`));
}

function versionText({version, on_probation: isNew, polls_left: n}) {
	return !isNew ? version : n ? text('plugins.probation', {version, n}) : `${version}, ${text('plugins.onProbation')}`;
}

/** How long ago the plugin's newest reading came. */
function lastReading(name) {
	const seen = [...live.readings.values()].filter(({plugin}) => plugin === name).map(reading => reading.seen);
	if (!seen.length) return text('value.nothing');
	const since = performance.now() - Math.max(...seen);
	return since < FRESH_MS ? text('plugins.now') : text('plugins.ago', {age: age(since)});
}

function milliseconds(value) {
	return typeof value === 'number' ? `${plain(Number(value.toPrecision(3)))} ms` : undefined;
}

function bytes(value) {
	return value === undefined ? undefined : `${decimal(value / 1048576)} MB`;
}

class Row {
	constructor(name) {
		this.name = name;
		this.polls = [];
		this.cells = Object.fromEntries(COLUMNS.map(key => [key, el(key === 'name' ? 'th' : 'td', {class: `col-${key}`, scope: key === 'name' ? 'row' : null})]));
		this.toggle = el('button', {type: 'button', class: 'quiet', 'aria-expanded': 'false', 'aria-label': text('plugins.more', {plugin: name}),
			onclick: () => this.open(this.toggle.getAttribute('aria-expanded') !== 'true')}, name);
		this.cells.name.append(this.toggle);
		this.state = el('span', {class: 'state'});
		this.cells.state.append(this.state);
		this.time = el('span', {});
		this.line = svg('path', {class: 'line'});
		this.cells.poll.append(this.time, svg('svg', {class: 'tiny', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, 'aria-hidden': 'true'}, this.line));
		this.#buildDetails();
		this.element = el('tbody', {id: `plugin:${name}`, tabindex: '-1'}, el('tr', {}, ...Object.values(this.cells)), this.details);
	}

	#buildDetails() {
		this.values = new Map();
		this.list = el('dl', {});
		this.about = el('p', {class: 'about'});
		this.error = el('p', {class: 'error'});
		this.note = el('p', {class: 'note answer', role: 'status'});
		this.approval = new Approval(this.name);
		this.log = el('ol', {class: 'lines'});
		this.buttons = Object.fromEntries(ACTIONS.map(action => [action,
			el('button', {type: 'button', onclick: () => this.#act(action),
				'aria-label': text('button.of', {button: text(`plugins.${action}`), name: this.name})}, text(`plugins.${action}`))]));
		this.details = el('tr', {class: 'details', hidden: true}, el('td', {colspan: COLUMNS.length}, this.about, this.error, this.approval.element, this.list,
			el('div', {class: 'buttons'}, ...Object.values(this.buttons)), this.note,
			el('h2', {}, el('a', {href: `#logs/${encodeURIComponent(this.name)}`,
				'aria-label': text('button.of', {button: text('plugins.log'), name: this.name})}, text('plugins.log'))), this.log));
	}

	open(on) {
		this.toggle.setAttribute('aria-expanded', String(on));
		this.details.hidden = !on;
		this.#showLog();
	}

	#set(key, value, kind = '') {
		let field = this.values.get(key);
		if (!field) {
			field = el('dd', {});
			this.values.set(key, field);
			this.list.append(el('div', {class: `field ${kind}`}, el('dt', {}, text(`plugins.${key}`)), field));
		}
		field.parentElement.hidden = value === undefined;
		say(field, value === undefined ? '' : String(value));
	}

	show(plugin) {
		const {state} = plugin, waits = waitsForApproval(plugin);
		this.plugin = plugin;
		this.element.className = `plugin ${waits ? 'is-stale' : GOOD.includes(state) ? 'is-ok' : BAD.includes(state) ? 'is-error' : 'is-stale'}`;
		say(this.state, [stateText(state), ...waits && state !== 'needs approval' ? [text('plugins.waits')] : [], ...bundleText(plugin.bundle)].join('; '));
		say(this.cells.memory, bytes(plugin.memory_bytes) ?? '');
		say(this.cells.errors, plugin.errors === undefined ? '' : plain(plugin.errors));
		this.#showPoll(plugin.median_poll_ms);
		this.#showDetails(plugin);
		say(this.about, plugin.about ?? '');
		say(this.error, lastError(plugin));
		this.error.hidden = !lastError(plugin);
		this.approval.show(plugin);
		this.buttons.enable.hidden = !live.mayOperate || state !== 'disabled';
		this.buttons.disable.hidden = !live.mayOperate || state === 'disabled';
		this.buttons.reload.hidden = !live.mayOperate || state === 'disabled' || state === 'needs approval';
		this.tick();
	}

	tick() {
		say(this.cells.last, lastReading(this.name));
		this.#showLog();
	}

	/** The poll time, and how it went since the page was opened. */
	#showPoll(value) {
		say(this.time, milliseconds(value) ?? '');
		if (typeof value !== 'number') return;
		this.polls = [...this.polls, value].slice(-POLLS_KEPT);
		const most = Math.max(...this.polls) || 1, step = WIDTH / Math.max(1, this.polls.length - 1);
		this.line.setAttribute('d', this.polls.length < 2 ? '' : 'M' + this.polls.map((one, i) =>
			`${(i * step).toFixed(1)} ${(HEIGHT - 1 - one / most * (HEIGHT - 2)).toFixed(1)}`).join('L'));
	}

	#showDetails(plugin) {
		const next = plugin.next_try_ms, {conflicts, over_share: over} = plugin;
		this.#showBundle(plugin.bundle);
		this.#set('may', plugin.granted === undefined ? undefined : mayDo(plugin.granted), 'wide');
		this.#set('asked', plugin.asked === undefined ? undefined : grantText(plugin.asked), 'wide');
		this.#set('granted', plugin.granted === undefined ? undefined : grantText(plugin.granted), 'wide');
		this.#set('denied', plugin.denied_calls);
		this.#set('memory', bytes(plugin.memory_bytes));
		this.#set('poll', milliseconds(plugin.median_poll_ms));
		for (const [key, field] of [['polls', 'polls'], ['late', 'late_polls'], ['errors', 'errors'], ['restarts', 'restarts'], ['kills', 'kills']]) {
			this.#set(key, plugin[field]);
		}
		this.#set('nextTry', typeof next === 'number' ? clock(live.zone, {dateStyle: 'medium', timeStyle: 'short'}).format(next) : undefined, 'wide');
		this.#set('lastDenied', plugin.last_denied || undefined, 'wide');
		this.#set('overShare', over?.length ? over.join('; ') : undefined, 'wide');
		this.#set('conflicts', conflicts?.length
			? conflicts.map(({sensor, owner}) => text('plugins.conflict', {sensor, owner})).join('; ') : undefined, 'wide');
		this.#set('history', plugin.is_thinned ? text('plugins.thinned', {n: plugin.thinned_readings}) : undefined, 'wide');
	}

	#showBundle(bundle) {
		const {rolled_back: back, changed_here: file} = bundle ?? {};
		this.#set('version', bundle ? versionText(bundle) : undefined, 'wide');
		this.#set('rolledBack', back ? text('plugins.wentBack', back) : undefined, 'wide');
		this.#set('changedHere', file ? text('plugins.changed', {file}) : undefined, 'wide');
	}

	#showLog() {
		if (this.details.hidden) return;
		const lines = live.lines.filter(({source}) => source === this.name).slice(-LINES), key = lines.map(({sequence}) => sequence).join();
		if (key === this.key) return;
		this.key = key;
		const time = clock(live.zone, {hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false});
		this.log.replaceChildren(...lines.map(line => el('li', {'data-level': line.level},
			el('time', {datetime: new Date(line.time_ms).toISOString()}, time.format(line.time_ms)), el('span', {class: 'text'}, line.text))));
	}

	#act(action) {
		if (!confirm(text(`plugins.ask.${action}`, {plugin: this.name}))) return;
		sendAndSay(this.note, text(`plugins.done.${action}`), path('plugins', this.name, action));
	}
}

customElements.define('harvester-plugins', class extends LiveElement {
	rows = new Map();

	start() {
		this.table = el('table', {class: 'plugins'}, el('caption', {class: 'visually-hidden'}, text('plugins.caption')),
			el('thead', {}, el('tr', {}, ...COLUMNS.map(key => el('th', {scope: 'col', class: `col-${key}`}, text(`plugins.${key}`))))));
		this.none = el('p', {class: 'note'}, text('plugins.none'));
		this.replaceChildren(this.none, this.table);
		for (const kind of ['plugins', 'session', 'connection']) this.watch(kind, () => this.show());
		for (const kind of ['tick', 'log']) this.watch(kind, () => this.checkVisibility() && this.rows.forEach(row => row.tick()));
		this.shown = () => this.lead();
		addEventListener('harvester-shown', this.shown);
		this.show();
	}

	disconnectedCallback() {
		super.disconnectedCallback();
		removeEventListener('harvester-shown', this.shown);
	}

	show() {
		const plugins = [...live.plugins].sort((a, b) => (a.name < b.name ? -1 : 1));
		for (const plugin of plugins) {
			if (!this.rows.has(plugin.name)) this.rows.set(plugin.name, new Row(plugin.name));
			this.rows.get(plugin.name).show(plugin);
		}
		this.none.hidden = plugins.length > 0;
		this.table.hidden = !plugins.length;
		const names = plugins.map(({name}) => name).join('\n');
		if (names === this.names) return;
		this.names = names;
		this.rows = new Map(plugins.map(({name}) => [name, this.rows.get(name)]));
		this.table.replaceChildren(this.table.caption, this.table.tHead, ...[...this.rows.values()].map(row => row.element));
		this.lead();
	}

	/** Opens the plugin that the address names. */
	lead() {
		const {section, thing} = place(), row = this.rows.get(thing);
		if (section !== 'plugins' || !row || this.ledTo === location.hash || !this.checkVisibility()) return;
		this.ledTo = location.hash;
		row.open(true);
		row.element.scrollIntoView({block: 'center'});
		row.toggle.focus({preventScroll: true}); // the link that led here may be hidden now
	}
});
