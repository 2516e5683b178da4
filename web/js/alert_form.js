// The dialog in which an operator adds or changes an alert that the node keeps. Loaded when first opened.
import {get, path, send} from './api.js';
import {concerned, conditionOf, CONDITIONS} from './alert_words.js';
import {el, say} from './dom.js';
import {numbers, numberStyle, roomOf} from './format.js';
import {live} from './live.js';
import {text} from './texts.js';

const PATTERN_MAX = 128, SECONDS_MAX = 86400;
const WATCHES = ['sensor', 'node', 'disk', 'plugin', 'rollout'];
const SUBJECTS = {node: ['node'], plugin: ['plugin'], rollout: ['plugin']};
const SEVERITIES = ['info', 'warning', 'critical'];
const SOUNDS = ['none', 'single', 'triple', 'long'];
const COMPARED = ['above', 'below', 'outside', 'equal']; // have a field and a number
const WITH_HYSTERESIS = ['above', 'below', 'outside'];

function select(options, nameOf) {
	return el('select', {}, ...options.map(key => el('option', {value: key}, nameOf(key))));
}

function number(attributes = {}) {
	return el('input', {type: 'number', step: 'any', required: true, ...attributes});
}

function unique(names) {
	return [...new Set(names)].filter(Boolean).sort();
}

/** The node's words as [key, words]: which key of the definition they are about, undefined if about none. */
function blamed(detail) {
	return detail.split(/; (?=alert\.)/).map(one => {
		const [, first, rest] = one.match(/^(?:alert\.)?(\w+)(?:\[\d+\])?: (.*)$/s) ?? [];
		if (first) return [first, rest];
		return [one.includes('with the name') ? 'name' : one.match(/`(\w+)`/)?.[1], one];
	});
}

class Form {
	constructor(alert, channels) {
		const {definition = {}} = alert ?? {};
		this.alert = alert;
		this.usual = el('input', {type: 'checkbox', checked: !definition.notify});
		this.channels = channels?.map(({name}) => [name, el('input', {type: 'checkbox', checked: Boolean(definition.notify?.includes(name))})]);
		this.inputs = this.#makeInputs();
		this.rows = Object.fromEntries(Object.entries(this.inputs).map(([key, input]) => [key, this.#row(key, input)]));
		this.note = el('p', {class: 'note answer', role: 'alert'});
		this.#fill(definition);
		this.#build();
	}

	#makeInputs() {
		const pattern = list => el('input', {maxlength: PATTERN_MAX, list: `alert-${list}`, placeholder: text('form.all')});
		return {
			name: el('input', {required: true, maxlength: 64, pattern: '[A-Za-z0-9_.\\-]+', title: text('session.userRule'), readonly: Boolean(this.alert)}),
			watch: select(WATCHES, key => text(`form.watch.${key}`)),
			sensor: pattern('sensors'), room: pattern('rooms'), node: pattern('nodes'), plugin: pattern('plugins'),
			condition: select(CONDITIONS, key => text(`form.condition.${key}`)),
			field: el('input', {required: true, maxlength: PATTERN_MAX, list: 'alert-fields'}),
			limit: number(), low: number(), high: number(),
			stale_seconds: number({min: 1, max: SECONDS_MAX}),
			hysteresis: number({min: 0, required: false}),
			for_seconds: number({min: 0, max: SECONDS_MAX, required: false}),
			severity: select(SEVERITIES, key => text(`severity.${key}`)),
			buzzer: select(SOUNDS, key => text(`form.sound.${key}`)),
		};
	}

	/** A labelled input with a place for what is wrong with it. */
	#row(key, input) {
		const label = el('span', {}, text(`form.${key}`)), wrong = el('span', {class: 'error', id: `alert-wrong-${key}`});
		input.setAttribute('aria-describedby', wrong.id);
		return {label, wrong, element: el('div', {}, el('label', {}, label, input), wrong)};
	}

	#fill(definition) {
		const {inputs} = this, key = conditionOf(definition), [low, high] = [definition[key]].flat();
		for (const [name, input] of Object.entries(inputs)) input.value = definition[name] ?? '';
		inputs.watch.value = definition.watch ?? 'sensor';
		inputs.condition.value = key ?? 'above';
		inputs.severity.value = definition.severity ?? 'warning';
		inputs.buzzer.value = definition.buzzer ?? 'none';
		if (key === 'outside') [inputs.low.value, inputs.high.value] = [low, high];
		else if (COMPARED.includes(key)) inputs.limit.value = Number(low);
	}

	#build() {
		const list = (name, options) => el('datalist', {id: `alert-${name}`}, ...options.map(value => el('option', {value})));
		const readings = [...live.readings.values()], title = this.alert ? text('form.change', {alert: this.alert.name}) : text('rules.add');
		this.fields = list('fields', []);
		this.others = el('div', {class: 'choices'}, ...(this.channels ?? []).map(([name, box]) => el('label', {class: 'check'}, box, name)));
		this.dialog = el('dialog', {class: 'edit', 'aria-labelledby': 'alert-title', onclose: () => this.dialog.remove()},
			el('form', {onsubmit: event => this.#save(event), oninput: () => this.#adapt(), onchange: () => this.#adapt()},
				el('h2', {id: 'alert-title'}, title), ...Object.values(this.rows).map(({element}) => element),
				this.#notify(), this.note,
				list('sensors', unique(readings.map(({sensor}) => sensor))), list('rooms', unique(readings.map(roomOf))),
				list('nodes', unique(live.nodes.map(({node}) => node))), list('plugins', unique(live.plugins.map(({name}) => name))), this.fields,
				el('div', {class: 'buttons'}, el('button', {class: 'main'}, text('edit.save')),
					el('button', {type: 'button', onclick: () => this.dialog.close()}, text('edit.cancel')))));
		document.body.append(this.dialog);
		this.#adapt();
		this.dialog.showModal();
	}

	/** Who is told. If the node did not say which channels it has, that stays as it is. */
	#notify() {
		if (!this.channels?.length) return this.channels && el('p', {class: 'note'}, text('form.noChannels'));
		return el('fieldset', {}, el('legend', {}, text('form.notify')),
			el('label', {class: 'check'}, this.usual, text('form.usual')), this.others);
	}

	/** Which inputs go with what was chosen. */
	#used() {
		const watch = this.inputs.watch.value, condition = watch === 'disk' ? 'above' : this.inputs.condition.value;
		const isSensor = watch === 'sensor', isCompared = isSensor && COMPARED.includes(condition), hasLimit = watch === 'disk' || isCompared;
		return {watch, condition, isSensor, keys: new Set(['name', 'watch', 'for_seconds', 'severity', 'buzzer',
			...(isSensor ? ['sensor', 'room', ...(live.nodes.length > 1 || this.inputs.node.value ? ['node'] : []), 'condition'] : []), ...(SUBJECTS[watch] ?? []),
			...(isCompared ? ['field'] : []), ...(hasLimit ? (condition === 'outside' ? ['low', 'high'] : ['limit']) : []),
			...(isSensor && condition === 'stale_seconds' ? ['stale_seconds'] : []),
			...(hasLimit && WITH_HYSTERESIS.includes(condition) ? ['hysteresis'] : [])])};
	}

	/** Shows the inputs that go with what was chosen; the others are neither checked nor sent. */
	#adapt() {
		const {keys, watch} = this.#used(), {inputs} = this;
		for (const [key, {element}] of Object.entries(this.rows)) {
			element.hidden = !keys.has(key);
			inputs[key].disabled = !keys.has(key);
		}
		const readings = concerned({sensor: inputs.sensor.value, room: inputs.room.value, node: inputs.node.value});
		const fields = unique(readings.flatMap(numbers));
		if (fields.join() !== this.known) this.fields.replaceChildren(...fields.map(value => el('option', {value})));
		this.known = fields.join();
		const field = inputs.field.value, one = readings.find(({data}) => Object.hasOwn(data, field));
		const unit = watch === 'disk' ? '%' : one ? numberStyle(field, one).own : ''; // the node compares in the plugin's unit
		for (const key of ['limit', 'low', 'high', 'hysteresis']) {
			const words = text(`form.${key}`);
			say(this.rows[key].label, unit ? text('form.inUnit', {words, unit}) : words);
		}
		this.others.hidden = this.usual.checked;
	}

	/** The definition; a key that does not go with the others is null. */
	#definition() {
		const {keys, condition, isSensor, watch} = this.#used(), {inputs} = this;
		const textOf = key => (keys.has(key) && inputs[key].value.trim()) || null;
		const numberOf = key => (keys.has(key) && inputs[key].value !== '' ? Number(inputs[key].value) : null);
		const given = key => ((isSensor || watch === 'disk') && condition === key ? (key === 'outside' ? [numberOf('low'), numberOf('high')]
			: key === 'error' ? true : numberOf(key === 'stale_seconds' ? key : 'limit')) : null);
		const names = this.channels?.filter(([, box]) => box.checked).map(([name]) => name);
		return {
			...Object.fromEntries(['watch', 'sensor', 'room', 'node', 'plugin', 'field', 'severity', 'buzzer'].map(key => [key, textOf(key)])),
			...Object.fromEntries(CONDITIONS.map(key => [key, given(key)])),
			hysteresis: numberOf('hysteresis'), for_seconds: numberOf('for_seconds'), notify: this.usual.checked ? null : names,
		};
	}

	async #save(event) {
		event.preventDefault();
		this.#blame();
		const definition = this.#definition(), name = this.inputs.name.value;
		try {
			if (this.alert) await send(path('alerts', this.alert.name), definition, 'PATCH');
			else await send(path('alerts'), Object.fromEntries(Object.entries({name, ...definition}).filter(([, value]) => value !== null)));
			this.dialog.close();
		} catch (problem) {
			this.#blame(problem.message);
		}
	}

	/** The input of a key of the definition; undefined if there is none, or if it is not shown. */
	#inputOf(key) {
		const {keys, condition} = this.#used(), name = key === 'outside' ? 'low' : key === condition && !keys.has(key) ? 'limit' : key;
		return keys.has(name) ? name : undefined;
	}

	/** Says what is wrong beside its input; what is about none, below the form. */
	#blame(detail = '') {
		const found = detail ? blamed(detail).map(([key, words]) => [this.#inputOf(key), words]) : [];
		for (const [name, {wrong}] of Object.entries(this.rows)) {
			const words = found.filter(([key]) => key === name).map(([, one]) => one).join('; ');
			say(wrong, words);
			this.inputs[name].setAttribute('aria-invalid', String(words !== ''));
		}
		const rest = found.filter(([key]) => !key).map(([, words]) => words).join('; ');
		this.note.dataset.kind = 'bad';
		say(this.note, rest && text('edit.failed', {reason: rest}));
		this.dialog.querySelector('[aria-invalid="true"]')?.focus();
	}
}

/** Opens the dialog: for a new alert, or for one of GET /api/v1/alerts. */
export async function openAlertForm(alert) {
	const {channels} = await get(path('alerts')).catch(() => ({}));
	new Form(alert, channels);
}
