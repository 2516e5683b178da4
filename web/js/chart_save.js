// Saves what a chart shows: its values as a table (CSV), or its panels as a picture (PNG).

const MARGIN = 16, TITLE = 40;

function download(blob, name) {
	const address = URL.createObjectURL(blob);
	const link = document.createElement('a');
	link.href = address;
	link.download = name.replace(/[^\p{L}\p{N}._-]+/gu, '-');
	link.click();
	URL.revokeObjectURL(address);
}

/** A cell of a table. A text that a spreadsheet would take for a formula is marked as a text. */
function cell(value) {
	if (value === null || value === undefined) return '';
	if (typeof value === 'number') return String(value);
	const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
	return `"${safe.replaceAll('"', '""')}"`;
}

/** The table as text: a row for each time (ISO 8601), and the mean, lowest and highest value of each series. */
export function csv({times, series}) {
	const head = ['time', ...series.flatMap(({label, unit}) => ['mean', 'lowest', 'highest'].map(kind => `${label}${unit ? ` (${unit})` : ''}, ${kind}`))];
	const rows = times.map((time, i) => [new Date(time * 1000).toISOString(), ...series.flatMap(({mean, min, max}) => [mean[i], min[i], max[i]])]);
	return [head, ...rows].map(row => row.map(cell).join(',')).join('\r\n') + '\r\n';
}

export function saveCsv(data, name) {
	download(new Blob([csv(data)], {type: 'text/csv'}), `${name}.csv`);
}

/** The panels below each other, on the colour of the card. */
export function savePng(canvases, title, element) {
	const {backgroundColor, color} = getComputedStyle(element), ratio = devicePixelRatio;
	const canvas = document.createElement('canvas');
	canvas.width = Math.max(...canvases.map(one => one.width)) + 2 * MARGIN * ratio;
	canvas.height = canvases.reduce((sum, one) => sum + one.height, (TITLE + MARGIN) * ratio);
	const context = canvas.getContext('2d');
	context.fillStyle = backgroundColor;
	context.fillRect(0, 0, canvas.width, canvas.height);
	context.fillStyle = color;
	context.font = `600 ${16 * ratio}px system-ui, sans-serif`;
	context.fillText(title, MARGIN * ratio, 26 * ratio);
	let top = TITLE * ratio;
	for (const one of canvases) {
		context.drawImage(one, MARGIN * ratio, top);
		top += one.height;
	}
	canvas.toBlob(blob => blob && download(blob, `${title}.png`));
}
