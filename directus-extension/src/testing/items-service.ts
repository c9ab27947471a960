import { RecordNotUniqueError } from '@directus/errors';
import type { Accountability, ExtensionsServices, SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import type { Activity } from '../capture/capture-change.js';

interface Options {
	knex?: Knex;
	schema: SchemaOverview;
	accountability: Accountability | null;
}
interface MutationOptions {
	bypassEmitAction?: (event: unknown) => void;
}
export type ActivityFilter = (
	activity: Activity,
	meta: unknown,
	context: { database: Knex; schema: SchemaOverview },
) => Promise<unknown>;

/**
 * A stand-in for Directus' `ItemsService` on a real database: one transaction for each write, and the `activity.create`
 * filter inside it, after the row is written. Its `PayloadService` casts nothing but what is named `json`.
 */
export function itemsServiceOn(
	root: Knex,
	onActivity: ActivityFilter = async () => undefined,
): Pick<ExtensionsServices, 'ItemsService' | 'PayloadService'> {
	class FakeItemsService {
		readonly #collection: string;
		readonly #options: Options;

		constructor(name: string, options: Options) {
			this.#collection = name;
			this.#options = options;
		}

		async readByQuery({
			filter,
			fields,
		}: {
			filter: Record<string, { _in: string[] }>;
			fields: string[];
		}): Promise<unknown[]> {
			const query = (this.#options.knex ?? root)(this.#collection).select(fields);
			for (const [name, { _in: values }] of Object.entries(filter)) void query.whereIn(name, values);
			return await query;
		}

		async updateOne(key: string, data: object, options?: MutationOptions): Promise<void> {
			await this.#write('update', key, options, (trx) => trx(this.#collection).where('id', key).update(data));
		}

		async deleteOne(key: string, options?: MutationOptions): Promise<void> {
			await this.#write('delete', key, options, (trx) => trx(this.#collection).where('id', key).delete());
		}

		async createOne(data: { id: string }, options?: MutationOptions): Promise<void> {
			await this.#write('create', data.id, options, async (trx) => {
				const taken: unknown = await trx(this.#collection).where('id', data.id).first('id');
				if (taken !== undefined) {
					throw new RecordNotUniqueError({ collection: this.#collection, field: 'id', value: data.id });
				}
				await trx(this.#collection).insert(data);
			});
		}

		async #write(
			action: string,
			item: string,
			options: MutationOptions | undefined,
			write: (trx: Knex) => PromiseLike<unknown>,
		): Promise<void> {
			const { accountability, knex, schema } = this.#options;
			const run = async (trx: Knex): Promise<void> => {
				await write(trx);
				if (schema.collections[this.#collection]?.accountability === null) return;
				const activity = { action, item, collection: this.#collection, user: accountability?.user ?? null };
				await onActivity(activity, {}, { database: trx, schema });
			};
			if (knex === undefined) await root.transaction(run);
			else await run(knex);
			options?.bypassEmitAction?.({ event: `items.${action}`, meta: { key: item }, context: {} });
		}
	}
	return { ItemsService: FakeItemsService, PayloadService: FakePayloadService } as unknown as Pick<
		ExtensionsServices,
		'ItemsService' | 'PayloadService'
	>;
}

class FakePayloadService {
	async processValues(_action: 'read', rows: Record<string, unknown>[]): Promise<Record<string, unknown>[]> {
		for (const row of rows) if (typeof row['json'] === 'string') row['json'] = JSON.parse(row['json']);
		return rows;
	}
}
