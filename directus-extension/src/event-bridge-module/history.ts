/** How many values a small line shows. */
const VALUES_MAX = 60;

/** The last values with this one. */
export function remember(values: readonly number[], value: number): number[] {
	return [...values, value].slice(-VALUES_MAX);
}

/** The values as a line in a drawing of this size, newest at the right; nothing as long as there is one value only. */
export function sparkline(values: readonly number[], width: number, height: number): string {
	if (values.length < 2) return '';
	const top = Math.max(1, ...values);
	const step = width / (VALUES_MAX - 1);
	const left = width - (values.length - 1) * step;
	return values
		.map((value, index) => `${(left + index * step).toFixed(1)},${(height - (value / top) * height).toFixed(1)}`)
		.join(' ');
}
