// Dragging, pinching, the wheel and the keyboard move and zoom a chart; one finger reads its values.

const KEYS = {ArrowLeft: c => c.readBy(-1), ArrowRight: c => c.readBy(1), '+': c => c.zoom(0.7), '=': c => c.zoom(0.7), '-': c => c.zoom(1.4)};
const SHIFTED = {...KEYS, ArrowLeft: c => c.pan(-0.2), ArrowRight: c => c.pan(0.2)};

export function gestures(element, chart) {
	const pointers = new Map();
	const place = x => {
		const box = element.getBoundingClientRect();
		return Math.min(1, Math.max(0, (x - box.left) / box.width));
	};
	const distance = () => {
		const [a, b] = [...pointers.values()];
		return Math.max(10, Math.abs(a - b));
	};

	element.addEventListener('pointerdown', event => {
		pointers.set(event.pointerId, event.clientX);
		element.setPointerCapture(event.pointerId);
		if (event.pointerType === 'touch' && pointers.size === 1) chart.readAt(event.clientX);
	});
	element.addEventListener('pointermove', event => {
		if (!pointers.has(event.pointerId)) return;
		const before = pointers.get(event.pointerId);
		if (pointers.size === 2) {
			const old = distance();
			pointers.set(event.pointerId, event.clientX);
			chart.zoom(old / distance(), place(event.clientX));
			return;
		}
		pointers.set(event.pointerId, event.clientX);
		if (event.pointerType === 'touch') chart.readAt(event.clientX);
		else if (event.clientX !== before) chart.pan((before - event.clientX) / element.clientWidth);
	});
	for (const end of ['pointerup', 'pointercancel']) {
		element.addEventListener(end, event => pointers.delete(event.pointerId));
	}
	element.addEventListener('wheel', event => {
		event.preventDefault();
		if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) chart.pan(event.deltaX / element.clientWidth);
		else chart.zoom(event.deltaY > 0 ? 1.25 : 0.8, place(event.clientX));
	}, {passive: false});
	element.addEventListener('keydown', event => {
		if (!Object.hasOwn(KEYS, event.key) || event.ctrlKey || event.metaKey) return;
		event.preventDefault();
		(event.shiftKey ? SHIFTED : KEYS)[event.key](chart);
	});
}
