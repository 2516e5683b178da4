// <harvester-cluster>: who leads the cluster, its servers, its members and how far this node has read; hidden if this
// node is no member. The stream does not have this: the element asks while the page is visible.
import {get} from './api.js';
import {el, say} from './dom.js';
import {live, LiveElement} from './live.js';
import {locale, text} from './texts.js';

const ASK_MS = 3000;
const ROWS_MAX = 64; // of one list; the API has the rest

function time(ms) {
	return new Intl.DateTimeFormat(locale, {dateStyle: 'short', timeStyle: 'medium', timeZone: live.zone}).format(new Date(ms));
}

class Row {
	constructor(label) {
		this.value = el('dd', {});
		this.element = el('div', {class: 'field'}, el('dt', {}, label), this.value);
	}

	show(value) {
		say(this.value, value);
	}
}

class List {
	constructor(label) {
		this.items = el('ul', {});
		this.element = el('section', {'aria-label': label}, el('h3', {}, label), this.items);
	}

	show(lines) {
		const joined = lines.slice(0, ROWS_MAX).join('\n');
		this.element.hidden = !lines.length;
		if (this.joined === joined) return;
		this.joined = joined;
		this.items.replaceChildren(...lines.slice(0, ROWS_MAX).map(line => el('li', {}, line)));
	}
}

customElements.define('harvester-cluster', class extends LiveElement {
	start() {
		this.heading = el('h2', {});
		this.state = el('span', {class: 'state', role: 'status'});
		this.reason = el('p', {class: 'error', hidden: true});
		this.leader = new Row(text('cluster.leader'));
		this.term = new Row(text('cluster.term'));
		this.lag = new Row(text('cluster.lag'));
		this.members = new List(text('cluster.members'));
		this.servers = new List(text('cluster.servers'));
		this.elections = new List(text('cluster.elections'));
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
		say(this.heading, text('cluster.title', {name: live.self?.cluster ?? ''}));
		say(this.state, text('cluster.lost'));
		say(this.reason, text('cluster.failed', {reason: problem.message}));
		this.reason.hidden = false;
	}

	#show(cluster) {
		const {leader} = cluster;
		say(this.heading, text('cluster.title', {name: cluster.name}));
		say(this.state, text(`cluster.${cluster.state}`));
		say(this.reason, cluster.reason ?? '');
		this.reason.hidden = !cluster.reason;
		this.leader.show(!leader.node ? text('cluster.nobody') : leader.is_self ? text('cluster.self', {name: leader.node}) : leader.node);
		this.term.show(String(leader.term));
		this.lag.show(text('cluster.messages', {n: cluster.log.lag}));
		this.servers.show((cluster.servers?.servers ?? []).map(server =>
			text(`cluster.${server.leader ? 'leads' : server.current ? 'current' : 'behind'}`, {name: server.name, n: server.lag})));
		this.members.show((cluster.nodes ?? []).map(({node}) => (node === cluster.node ? text('cluster.self', {name: node}) : node)));
		this.elections.show((leader.last ?? []).toReversed().map(({node, term, at_ms}) => text(node ? 'cluster.elected' : 'cluster.steppedDown', {time: time(at_ms), name: node, term})));
	}
});
