// The dialog in which an operator says what a sensor is called, where it is, and how it is shown. Loaded when first opened.
import {path, send} from './api.js';
import {el, say} from './dom.js';
import {numberStyle, roomOf, sensorName, title, values} from './format.js';
import {live} from './live.js';
import {otherUnits} from './quantity.js';
import {text} from './texts.js';

const BYTES_MAX = 64; // of a name or room; the node checks the same

function select(options, value) {
	const list = el('select', {}, ...options.map(([key, name]) => el('option', {value: key}, name)));
	list.value = value;
	return list;
}

class Editor {
	constructor(reading) {
		const {description = {}} = reading, names = values(reading).map(([name]) => name);
		this.reading = reading;
		this.name = el('input', {maxlength: BYTES_MAX, placeholder: reading.sensor});
		this.name.value = description.name ?? '';
		this.room = el('input', {maxlength: BYTES_MAX, list: 'edit-rooms'});
		this.room.value = roomOf(reading);
		this.main = select([['', text('edit.automatic')], ...names.map(name => [name, title(name, reading)])], description.main ?? '');
		this.hidden = el('input', {type: 'checkbox', checked: Boolean(description.hidden)});
		this.units = names.map(name => [name, numberStyle(name, reading)]).filter(([, {own}]) => otherUnits(own).length)
			.map(([name, style]) => ({name, was: style.unit, own: style.own, list: this.#unit(name, style)}));
		this.note = el('p', {class: 'note answer', role: 'alert'});
		this.#build();
	}

	#unit(name, {unit, own}) {
		return select([[own, text('edit.unitOwn', {unit: own})], ...otherUnits(own).map(other => [other, other])], unit);
	}

	#build() {
		const rooms = [...new Set([...live.readings.values()].map(roomOf))].filter(Boolean).sort();
		this.dialog = el('dialog', {class: 'edit', 'aria-labelledby': 'edit-title', onclose: () => this.dialog.remove()},
			el('form', {onsubmit: event => this.#save(event)},
				el('h2', {id: 'edit-title'}, text('edit.title', {sensor: sensorName(this.reading)})),
				el('label', {}, text('edit.name'), this.name), el('label', {}, text('edit.room'), this.room),
				el('datalist', {id: 'edit-rooms'}, ...rooms.map(room => el('option', {value: room}))),
				el('label', {}, text('edit.main'), this.main),
				...this.units.map(({name, list}) => el('label', {}, text('edit.unit', {field: title(name, this.reading)}), list)),
				el('label', {class: 'check'}, this.hidden, text('edit.hidden')), this.note,
				el('div', {class: 'buttons'}, el('button', {class: 'main'}, text('edit.save')),
					el('button', {type: 'button', onclick: () => this.dialog.close()}, text('edit.cancel')))));
		document.body.append(this.dialog);
		this.dialog.showModal();
	}

	/** Only what was changed is sent, so that what the configuration decides does not refuse the rest. */
	#changes() {
		const {description = {}} = this.reading, changes = {};
		const name = this.name.value.trim(), room = this.room.value.trim();
		if (name !== (description.name ?? '')) changes.name = name || null;
		if (room !== (description.room ?? '')) changes.room = room || null;
		if (this.main.value !== (description.main ?? '')) changes.main = this.main.value || null;
		if (this.hidden.checked !== Boolean(description.hidden)) changes.hidden = this.hidden.checked || null;
		const units = this.units.filter(({list, was}) => list.value !== was);
		if (units.length) changes.fields = Object.fromEntries(units.map(({name: field, list, own}) =>
			[field, {shown_unit: list.value === own ? null : list.value}]));
		return changes;
	}

	async #save(event) {
		event.preventDefault();
		const changes = this.#changes();
		this.note.dataset.kind = 'bad';
		try {
			if (Object.keys(changes).length) await send(path('sensors', this.reading.sensor_id), changes, 'PATCH');
			const {fields, ...own} = changes; // a unit's factor comes with the next reading
			live.describe(this.reading.sensor_id, own);
			this.dialog.close();
		} catch (problem) {
			say(this.note, text('edit.failed', {reason: problem.message}));
		}
	}
}

export function openEditor(reading) {
	new Editor(reading);
}
