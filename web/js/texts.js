// The page's texts in the reader's language, from one file for each language in web/texts/.
import de from '../texts/de.json';
import en from '../texts/en.json';

const KEY = 'harvester-language';
const ALL = {en, de};
const LOCALES = {en: 'en-GB', de: 'de-DE'};

function stored() {
	try {
		return localStorage.getItem(KEY);
	} catch {
		return null;
	}
}

/** The language that the reader chose here, or else the first of the browser's that there is. */
function choose() {
	const wanted = [stored(), ...navigator.languages.map(one => one.slice(0, 2).toLowerCase())];
	return wanted.find(one => one && Object.hasOwn(ALL, one)) ?? 'en';
}

export const languages = Object.keys(ALL);
export const language = choose();
export const locale = LOCALES[language];

const texts = ALL[language];
const plural = new Intl.PluralRules(language);

/** Whether there is a text with this key. */
export function hasText(key) {
	return Object.hasOwn(texts, key);
}

/** A text with {names} replaced by `values`; `n` chooses between the forms for one and for several. */
export function text(key, values = {}) {
	const found = texts[key] ?? key;
	const form = typeof found === 'string' ? found : found[plural.select(values.n)] ?? found.other;
	return form.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
}

/** A text of another language: its name, for the switch. */
export function nameOf(other) {
	return ALL[other]['language.name'];
}

/** Shows the page in another language from now on. */
export function speak(other) {
	try {
		localStorage.setItem(KEY, other);
	} catch {
		// Private browsing: the choice cannot be kept.
	}
	location.reload();
}

/** Puts the reader's language into the fixed parts of a page, whose elements name their texts by `data-text`. */
export function translate() {
	document.documentElement.lang = language;
	for (const element of document.querySelectorAll('[data-text]')) element.textContent = text(element.dataset.text);
}
