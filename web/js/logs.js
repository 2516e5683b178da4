// <harvester-logs>: the log of all nodes, with filters, search and follow.
import {get, query} from './api.js';
import {el, say} from './dom.js';
import {clock} from './format.js';
import {live, LiveElement} from './live.js';
import {place} from './tabs.js';
import {text} from './texts.js';

const ZONE_KEY = 'harvester-zone';
const LEVELS = ['debug', 'info', 'warning', 'error'];
const SHOWN_MAX = 500;
const FIRST = 500;

/** Whose time zone the reader chose: '' is the node's. */
function stored() {
	try {
		return localStorage.getItem(ZONE_KEY) === 'browser' ? 'browser' : '';
	} catch {
		return '';
	}
}

function keep(choice) {
	try {
		localStorage.setItem(ZONE_KEY, choice);
	} catch {
		// Private browsing: the choice lasts only as long as the page.
	}
}

customElements.define('harvester-logs', class extends LiveElement {
	start() {
		this.node = '';
		this.tabs = el('div', {class: 'choices', role: 'group', 'aria-label': text('logs.node')});
		this.level = this.select(text('logs.level'), LEVELS.map(level => [level, text(`logs.${level}`)]), 'info');
		this.source = this.select(text('logs.source'), [['', text('logs.any')]], '');
		this.where = this.select(text('logs.useZone'), [['', text('logs.zoneNode')], ['browser', text('logs.zoneBrowser')]], stored());
		this.search = el('input', {type: 'search', oninput: () => this.show()});
		this.follow = el('input', {type: 'checkbox', checked: true, onchange: () => this.scroll()});
		this.count = el('p', {class: 'note'});
		this.list = el('ol', {class: 'lines'});
		this.box = el('div', {class: 'log', role: 'region', 'aria-label': text('logs.lines'), tabindex: '0', onscroll: () => this.scrolled()}, this.list);
		this.replaceChildren(this.tabs, el('div', {class: 'filters'}, this.level.label, this.source.label,
			this.where.label, el('label', {}, text('logs.search'), this.search), el('label', {class: 'check'}, this.follow, text('logs.follow'))), this.count, this.box);
		this.watch('log', () => this.show());
		this.watch('nodes', () => this.show());
		this.shown = () => this.lead();
		addEventListener('harvester-shown', this.shown);
		this.load();
		this.lead();
	}

	disconnectedCallback() {
		super.disconnectedCallback();
		removeEventListener('harvester-shown', this.shown);
	}

	/** Shows the lines of the plugin that the address names, if it names one. */
	lead() {
		const {section, thing} = place();
		if (section === 'logs' && thing && this.led !== location.hash) {
			this.led = location.hash;
			this.wanted = thing;
		}
		this.show();
	}

	select(label, options, value) {
		const list = el('select', {onchange: () => this.show()}, ...options.map(([key, name]) => el('option', {value: key}, name)));
		list.value = value;
		return {list, label: el('label', {}, label, list)};
	}

	async load() {
		try {
			live.takeLines((await get('/api/v1/logs' + query({limit: FIRST}))).logs ?? []);
		} catch {
			// New lines still arrive by `live`.
		}
	}

	fits(line) {
		const search = this.search.value.toLowerCase();
		return (!this.node || line.node === this.node) &&
			(!LEVELS.includes(line.level) || LEVELS.indexOf(line.level) >= LEVELS.indexOf(this.level.list.value)) &&
			(!this.source.list.value || line.source === this.source.list.value) &&
			(!search || `${line.source} ${line.text}`.toLowerCase().includes(search));
	}

	show() {
		if (!this.checkVisibility()) return;
		this.showChoices();
		const lines = live.lines.filter(line => this.fits(line));
		const zone = this.where.list.value ? Intl.DateTimeFormat().resolvedOptions().timeZone : live.zone;
		keep(this.where.list.value);
		if (zone !== this.zone) {
			this.zone = zone;
			this.time = clock(zone, {hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false});
			this.day = clock(zone, {weekday: 'long', year: 'numeric', month: 'long', day: 'numeric'});
			this.rows = new Map();
		}
		say(this.count, `${lines.length ? text('logs.count', {n: lines.length}) : text('logs.none')} ${text('logs.zone', {zone})}`);
		const shown = lines.slice(-SHOWN_MAX);
		const rows = new Map(shown.map(line => [line.sequence, this.rows.get(line.sequence) ?? this.row(line)]));
		this.rows = rows;
		this.list.replaceChildren(...this.withDays(shown));
		this.scroll();
	}

	/** The rows, with a heading before the first row of each day. */
	*withDays(lines) {
		let day;
		for (const line of lines) {
			const now = this.day.format(line.time_ms);
			if (now !== day) yield el('li', {class: 'day'}, day = now);
			yield this.rows.get(line.sequence);
		}
	}

	row({time_ms: time, level, node, source, text: words}) {
		return el('li', {'data-level': LEVELS.includes(level) ? level : 'info'},
			el('time', {datetime: new Date(time).toISOString()}, this.time.format(time)), el('span', {class: 'level'}, level),
			el('span', {class: 'from'}, node ? `${node} · ${source}` : source), el('span', {class: 'text'}, words));
	}

	/** Updates the tabs of the nodes and the list of sources, from the lines in the log. */
	showChoices() {
		const nodes = [...new Set([...live.nodes.map(({node}) => node), ...live.lines.map(({node}) => node)])].filter(Boolean);
		const sources = [...new Set(live.lines.filter(line => !this.node || line.node === this.node).map(({source}) => source))].sort();
		if (this.nodes !== nodes.join('\n')) {
			this.nodes = nodes.join('\n');
			this.tabs.replaceChildren(...['', ...nodes].map(node => el('button', {type: 'button', 'data-node': node, onclick: () => {
				this.node = node;
				this.show();
			}}, node || text('logs.all'))));
		}
		for (const tab of this.tabs.children) tab.setAttribute('aria-pressed', String(tab.dataset.node === this.node));
		if (this.sources !== sources.join('\n')) {
			this.sources = sources.join('\n');
			const {list} = this.source, {value} = list;
			list.replaceChildren(...['', ...sources].map(source => el('option', {value: source}, source || text('logs.any'))));
			list.value = sources.includes(value) ? value : '';
		}
		if (this.wanted && sources.includes(this.wanted)) {
			this.source.list.value = this.wanted;
			this.wanted = undefined;
		}
	}

	scroll() {
		if (this.follow.checked) this.box.scrollTop = this.box.scrollHeight;
	}

	/** Stops following when the user scrolls up to read, and follows again at the end. */
	scrolled() {
		this.follow.checked = this.box.scrollTop + this.box.clientHeight >= this.box.scrollHeight - 8;
	}
});
