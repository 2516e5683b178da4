// A scale that shows the gas score with words. The score is no air quality index: it compares the air with that of before.
import {el, say} from './dom.js';
import {text} from './texts.js';

const STEPS = [40, 60, 80]; // scores where the next word begins
const CALIBRATED = 1; // least iaq_accuracy (0 to 3) of a usable score

/** Whether a reading has a score. */
export function hasScore(reading) {
	return typeof reading.data.iaq_score === 'number' || typeof reading.data.gas_score === 'number';
}

export class AirScale {
	constructor() {
		this.word = el('strong', {});
		this.mark = el('span', {class: 'mark'});
		this.bar = el('div', {class: 'bar', role: 'img'}, this.mark);
		this.element = el('div', {class: 'air', title: text('air.about')},
			el('div', {class: 'air-head'}, el('span', {}, text('air.label')), this.word), this.bar);
	}

	show(reading) {
		const {iaq_score: old, gas_score: score = old, iaq_accuracy: accuracy = CALIBRATED} = reading.data;
		const isKnown = typeof score === 'number' && accuracy >= CALIBRATED;
		const step = STEPS.filter(limit => score >= limit).length;
		const word = isKnown ? text(`air.${step}`) : text('air.calibrating');
		this.element.dataset.step = isKnown ? step : 'none';
		say(this.word, word);
		this.bar.setAttribute('aria-label', isKnown ? `${word}, ${Math.round(score)} / 100` : word);
		this.mark.style.setProperty('inset-inline-start', `${isKnown ? Math.min(100, Math.max(0, score)) : 0}%`);
	}
}
