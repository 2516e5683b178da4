// Creates elements from data. Data only becomes text or an attribute's value, never HTML or an attribute's name.

/** Creates an element. `attributes` may hold any attribute, and handlers such as `onclick` as functions. */
export function el(tag, attributes = {}, ...children) {
	const made = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes)) {
		if (value === undefined || value === null || value === false) continue;
		if (typeof value === 'function') made.addEventListener(name.slice(2), value);
		else made.setAttribute(name, value === true ? '' : value);
	}
	made.append(...children.filter(child => child !== undefined && child !== null));
	return made;
}

/** Sets a text only if it changed, so that nothing else is painted or read out by a screen reader. */
export function say(element, text) {
	if (element.textContent !== text) element.textContent = text;
}

const SVG = 'http://www.w3.org/2000/svg';

/** Creates an SVG element. */
export function svg(tag, attributes, ...children) {
	const made = document.createElementNS(SVG, tag);
	for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
	made.append(...children);
	return made;
}

const ICONS = {
	overview: 'M4 4h7v7H4zM13 4h7v4h-7zM13 10h7v10h-7zM4 13h7v7H4z',
	page: 'M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6',
	alerts: 'M6 17v-6a6 6 0 0 1 12 0v6l2 2H4zM10 21h4',
	controls: 'M5 7h8M17 7h2M5 17h2M11 17h8M15 5v4M9 15v4',
	logs: 'M4 6h16M4 11h16M4 16h10',
	plugins: 'M9 3v5M15 3v5M6 8h12v4a6 6 0 0 1-12 0zM12 18v3',
	auto: 'M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16',
	light: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6 19 19M19 5l-1.4 1.4M6.4 17.6 5 19',
	dark: 'M20 14.5A8 8 0 0 1 9.5 4 8 8 0 1 0 20 14.5z',
	chart: 'M4 19h16M5 15l4-5 4 3 6-8',
	edit: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4',
	earlier: 'M19 12H5M11 6l-6 6 6 6',
	later: 'M5 12h14M13 6l6 6-6 6',
	close: 'M6 6l12 12M18 6L6 18',
};

/** A decorative icon beside a text with the same meaning. */
export function icon(name) {
	return svg('svg', {viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true', focusable: 'false'},
		svg('path', {d: ICONS[name]}));
}
