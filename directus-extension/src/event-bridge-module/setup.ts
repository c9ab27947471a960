import type { Check } from '../lib/studio.js';

const ORDER: Check['status'][] = ['danger', 'warning', 'unknown', 'ok'];

/** What must be mended first; otherwise in the order in which things depend on each other. */
export function inOrder(checks: readonly Check[]): Check[] {
	return checks.toSorted((one, other) => ORDER.indexOf(one.status) - ORDER.indexOf(other.status));
}

export function troublesOf(checks: readonly Check[]): number {
	return checks.filter(({ status }) => status === 'danger' || status === 'warning').length;
}
