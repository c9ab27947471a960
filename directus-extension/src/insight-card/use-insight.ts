import { useApi, useStores } from '@directus/extensions-sdk';
import { computed, onUnmounted, ref, type ComputedRef, type Ref } from 'vue';
import { usePolled, type Polled } from '../app/use-polled.js';
import type { InsightState } from '../lib/studio.js';
import { insightOf, keyOf, type Insight } from './insight.js';
import { LiveItem, liveUrl, subscription } from './live-item.js';
import { pauseMs, progressOf, type Progress } from './progress.js';
import { fieldsToAnalyse, fieldsToRead, timelineQuery, type CardOptions, type TimelineEntry } from './sources.js';

/** Everything that a card shows. */
export interface Read {
	insight: Insight | null;
	state: InsightState | null;
	/** `null` when the user may not see it. */
	timeline: TimelineEntry[] | null;
}

export interface UsedInsight extends Polled<Read> {
	progress: ComputedRef<Progress | null>;
	analysable: ComputedRef<string[]>;
	isAsking: Ref<boolean>;
	analyse: () => Promise<void>;
}

/** Reads the item as the user whose form it is in, and keeps it fresh. */
export function useInsight(collection: string, key: string | number, options: CardOptions): UsedInsight {
	const api = useApi();
	const { useFieldsStore, useServerStore } = useStores();
	const fields = useFieldsStore();
	const existing: string[] = fields.getFieldsForCollection(collection).map(({ field }: { field: string }) => field);
	const primary: string = fields.getPrimaryKeyFieldForCollection(collection)?.field ?? 'id';
	const address = `${encodeURIComponent(collection)}/${encodeURIComponent(key)}`;

	let live: LiveItem | null = null;
	const isAsking = ref(false);
	const polled: Polled<Read> = usePolled<Read>(read, () => pauseMs(progress.value, live?.isLive ?? false));
	const progress: ComputedRef<Progress | null> = computed(() =>
		progressOf(polled.told.value?.state ?? null, polled.now.value),
	);

	const url = liveUrl(useServerStore().info.websocket, new URL('..', document.baseURI).href);
	if (url !== null) live = new LiveItem(url, subscription(collection, primary, key), polled.refresh);
	onUnmounted(() => live?.close());

	async function read(): Promise<Read> {
		const [item, state] = await Promise.all([
			api.get(`/items/${address}`, { params: { fields: [primary, ...fieldsToRead(existing)] } }),
			stateOf(),
		]);
		const customer = keyOf(item.data.data.customer);
		const timeline = customer === null ? [] : await timelineOf(customer);
		return { insight: insightOf(item.data.data), state, timeline };
	}

	/** The findings are worth showing without it. */
	async function stateOf(): Promise<InsightState | null> {
		try {
			return (await api.get(`/event-bridge/studio/insight/${address}`)).data;
		} catch {
			return null;
		}
	}

	/** Not everybody who sees an item sees the customer's timeline, and not every project has one. */
	async function timelineOf(customer: string): Promise<TimelineEntry[] | null> {
		const { path, params } = timelineQuery(options, customer);
		try {
			return (await api.get(path, { params })).data.data;
		} catch {
			return null;
		}
	}

	const analysable = computed(() => fieldsToAnalyse(options, existing));
	async function analyse(): Promise<void> {
		isAsking.value = true;
		try {
			await api.post(`/event-bridge/studio/insight/${address}/analyse`, { fields: analysable.value });
		} finally {
			isAsking.value = false;
			polled.refresh();
		}
	}
	return { ...polled, progress, analysable, isAsking, analyse };
}
