import { expect, test, vi } from 'vitest';
import { openSqlite } from '../testing/sqlite.js';
import { afterCommit } from './after-commit.js';

test('calls back after the commit, and not before', async () => {
	const callback = vi.fn();

	await openSqlite().transaction(async (transaction) => {
		afterCommit(transaction, callback);
		await transaction.raw('select 1');
		expect(callback).not.toHaveBeenCalled();
	});

	await vi.waitFor(() => expect(callback).toHaveBeenCalledOnce());
});

test('a rollback is not called back, and leaves no rejection unhandled', async () => {
	const callback = vi.fn();

	const rolledBack = openSqlite().transaction(async (transaction) => {
		afterCommit(transaction, callback);
		await transaction.raw('select 1');
		throw new Error('rolled back');
	});

	await expect(rolledBack).rejects.toThrow('rolled back');
	expect(callback).not.toHaveBeenCalled();
});

test('without a transaction there is no commit to wait for', () => {
	const callback = vi.fn();

	afterCommit(openSqlite(), callback);

	expect(callback).not.toHaveBeenCalled();
});
