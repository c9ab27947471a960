import { expect, test, vi } from 'vitest';
import type { DeadLetters } from '../../lib/studio.js';
import { KnownDeaths } from './known-deaths.js';

const letter = { eventId: 'dead', reason: 'contract' };

async function away(): Promise<DeadLetters> {
	throw new Error('away');
}

test('however many cards are open, the sidecar is asked once in a while', async () => {
	const deadLetters = vi.fn(async () => ({ groups: [], letters: [letter], more: false }) as unknown as DeadLetters);
	const deaths = new KnownDeaths({ isConfigured: true, deadLetters });

	const told = await Promise.all([deaths.of('dead', 0), deaths.of('alive', 1), deaths.of('dead', 14_999)]);

	expect(told).toEqual(['contract', null, 'contract']);
	expect(deadLetters).toHaveBeenCalledTimes(1);
	await deaths.of('dead', 15_000);
	expect(deadLetters).toHaveBeenCalledTimes(2);
});

test('a sidecar that is away makes nobody dead', async () => {
	expect(await new KnownDeaths({ isConfigured: true, deadLetters: away }).of('dead')).toBeNull();
	expect(await new KnownDeaths({ isConfigured: false, deadLetters: away }).of('dead')).toBeNull();
});
