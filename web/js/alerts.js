// <harvester-alerts>: the strip on top of the overview: all is fine, or what is wrong and where.
import strings from '../strings.en.js';
import {el, say} from './dom.js';
import {live, LiveElement} from './live.js';

const NAMED_MAX = 8; // further ones are counted

/** One line for each subject that fires. */
function firing() {
	return live.alerts.flatMap(alert => (alert.subjects ?? [])
		.filter(({state}) => state === 'firing')
		.map(({subject, value, acknowledged}) =>
			strings.alerts.fires(alert.name, subject, typeof value === 'number' ? String(Number(value.toPrecision(6))) : '', acknowledged)));
}

function unwell() {
	return [...live.readings.values()].filter(({status}) => status !== 'ok').map(({sensor_id, status}) =>
		strings.alerts.unwell(sensor_id, strings.status[status] ?? status));
}

customElements.define('harvester-alerts', class extends LiveElement {
	start() {
		this.heading = el('strong', {});
		this.list = el('ul', {});
		this.setAttribute('role', 'status');
		this.hidden = true;
		this.replaceChildren(this.heading, this.list);
		for (const kind of ['alerts', 'readings', 'connection']) this.watch(kind, () => this.show());
		this.show();
	}

	show() {
		const alarms = live.alerts ? firing() : [];
		const lines = [...alarms, ...unwell()];
		// Without alerts (an older node), and before the first reading, there is nothing to say.
		this.hidden = !live.alerts || !live.readings.size || live.isLost;
		this.dataset.kind = alarms.length ? 'bad' : lines.length ? 'note' : 'good';
		say(this.heading, lines.length ? strings.alerts.wrong(lines.length) : strings.alerts.fine(live.readings.size));
		this.#list(lines.length > NAMED_MAX
			? [...lines.slice(0, NAMED_MAX), strings.alerts.more(lines.length - NAMED_MAX)] : lines);
	}

	#list(lines) {
		const text = lines.join('\n');
		if (this.text === text) return;
		this.text = text;
		this.list.replaceChildren(...lines.map(line => el('li', {}, line)));
	}
});
