import type { Knex } from 'knex';
import { beforeEach, expect, test } from 'vitest';
import { fakeLogger } from '../testing/logger.js';
import { openDirectusLike } from '../testing/sqlite.js';
import { protectSave } from './protect-save.js';

let database: Knex;
const logger = fakeLogger();

beforeEach(async () => {
	database = await openDirectusLike();
});

/** A save whose capture writes something and then fails. */
async function save(mode: 'strict' | 'lenient'): Promise<void> {
	await database.transaction(async (transaction) => {
		await transaction('feedback').insert({ text: 'saved' });
		await protectSave(mode, { database: transaction, logger }, async (inside) => {
			await inside('feedback').insert({ text: 'half a capture' });
			throw new Error('the outbox is full');
		});
	});
}

test('strict: what cannot be recorded is not saved', async () => {
	await expect(save('strict')).rejects.toThrow('the outbox is full');

	expect(await database('feedback').select('text')).toEqual([]);
});

test('strict: the error tells the code, by which Directus tries again, and none of the values', async () => {
	const deadlock = Object.assign(new Error('insert into outbox values (secret) - deadlock detected'), {
		code: '40P01',
	});

	const failed = protectSave('strict', { database, logger }, () => Promise.reject(deadlock));

	await expect(failed).rejects.toMatchObject({ code: '40P01', message: 'deadlock detected' });
});

test('lenient: it is saved, the failed capture leaves nothing behind, and an error is logged', async () => {
	await save('lenient');

	expect(await database('feedback').select('text')).toEqual([{ text: 'saved' }]);
	expect(logger.error).toHaveBeenCalledOnce();
});
