import { useApi } from '@directus/extensions-sdk';
import { computed, shallowRef, watch, type ComputedRef } from 'vue';
import type { Overview } from '../lib/studio.js';
import { pipelineOf, type Pipeline, type Sample } from './pipeline.js';
import { usePolled, type Polled } from './use-polled.js';

/** The pipeline as it is now, asked for again and again; rates come from two answers in a row. */
export function usePipeline(intervalMs: () => number): Polled<Overview> & { pipeline: ComputedRef<Pipeline | null> } {
	const api = useApi();
	const polled = usePolled<Overview>(async () => (await api.get('/event-bridge/studio/overview')).data, intervalMs);
	const before = shallowRef<Sample | null>(null);
	const now = shallowRef<Sample | null>(null);
	watch(polled.told, (overview) => {
		before.value = now.value;
		now.value = overview === null ? null : { at: Date.now(), overview };
	});
	const pipeline = computed(() => (now.value === null ? null : pipelineOf(now.value, before.value)));
	return { ...polled, pipeline };
}
