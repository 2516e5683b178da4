// <harvester-cluster>: who leads the cluster, its servers, its members and how far this node has read; hidden if this
// node is no member. The stream does not have this: the element asks while the page is visible.
import strings from '../strings.en.js';
import {get} from './api.js';
import {el, say} from './dom.js';
import {live, LiveElement} from './live.js';

const ASK_MS = 3000;
const ROWS_MAX = 64; // of one list; the API has the rest

function time(ms) {
	return new Intl.DateTimeFormat(undefined, {dateStyle: 'short', timeStyle: 'medium', timeZone: live.zone}).format(new Date(ms));
}

class Row {
	constructor(label) {
		this.value = el('dd', {});
		this.element = el('div', {class: 'field'}, el('dt', {}, label), this.value);
	}

	show(text) {
		say(this.value, text);
	}
}

class List {
	constructor(label) {
		this.items = el('ul', {});
		this.element = el('section', {'aria-label': label}, el('h3', {}, label), this.items);
	}

	show(lines) {
		const text = lines.slice(0, ROWS_MAX).join('\n');
		this.element.hidden = !lines.length;
		if (this.text === text) return;
		this.text = text;
		this.items.replaceChildren(...lines.slice(0, ROWS_MAX).map(line => el('li', {}, line)));
	}
}

customElements.define('harvester-cluster', class extends LiveElement {
	start() {
		const {cluster: words} = strings;
		this.heading = el('h2', {});
		this.state = el('span', {class: 'state', role: 'status'});
		this.reason = el('p', {class: 'error', hidden: true});
		this.leader = new Row(words.leader);
		this.term = new Row(words.term);
		this.lag = new Row(words.lag);
		this.members = new List(words.members);
		this.servers = new List(words.servers);
		this.elections = new List(words.elections);
		this.hidden = true;
		this.asked = -Infinity;
		this.replaceChildren(el('article', {class: 'node-card cluster-card'},
			el('div', {class: 'head'}, this.heading, this.state), this.reason,
			el('dl', {}, this.leader.element, this.term.element, this.lag.element),
			this.servers.element, this.members.element, this.elections.element));
		this.watch('nodes', () => this.#ask());
		this.watch('tick', () => this.#ask());
		this.#ask();
	}

	async #ask() {
		const isMember = Boolean(live.self?.cluster);
		this.hidden = !isMember;
		if (!isMember || document.hidden || this.isAsking || performance.now() - this.asked < ASK_MS) return;
		this.isAsking = true;
		this.asked = performance.now();
		try {
			this.#show(await get('/api/v1/cluster'));
		} catch (problem) {
			this.#fail(problem);
		}
		this.isAsking = false;
	}

	#fail(problem) {
		say(this.heading, strings.cluster.title(live.self?.cluster ?? ''));
		say(this.state, strings.cluster.states.lost);
		say(this.reason, strings.cluster.failed(problem.message));
		this.reason.hidden = false;
	}

	#show(cluster) {
		const {cluster: words} = strings;
		const {leader} = cluster;
		say(this.heading, words.title(cluster.name));
		say(this.state, words.states[cluster.state] ?? cluster.state);
		say(this.reason, cluster.reason ?? '');
		this.reason.hidden = !cluster.reason;
		this.leader.show(!leader.node ? words.nobody : leader.is_self ? words.self(leader.node) : leader.node);
		this.term.show(String(leader.term));
		this.lag.show(words.messages(cluster.log.lag));
		this.servers.show((cluster.servers?.servers ?? []).map(server =>
			words.server(server.name, server.leader, server.current, server.lag)));
		this.members.show((cluster.nodes ?? []).map(({node}) => (node === cluster.node ? words.self(node) : node)));
		this.elections.show((leader.last ?? []).toReversed().map(({node, term, at_ms}) => words.elected(time(at_ms), node, term)));
	}
});
