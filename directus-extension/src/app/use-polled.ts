import { onMounted, onUnmounted, ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import { Poller } from './poller.js';
import { isForbidden, problemOf } from './problem.js';

export interface Polled<Told> {
	/** The last answer; `null` before the first. */
	told: ShallowRef<Told | null>;
	/** What is wrong now; the last answer stays beside it. */
	problem: Ref<string | null>;
	isForbidden: Ref<boolean>;
	/** When the last answer came, in epoch milliseconds. */
	now: Ref<number>;
	refresh: () => void;
}

/** Keeps an answer fresh while the component is shown and the page is looked at. */
export function usePolled<Told>(ask: () => Promise<Told>, intervalMs: () => number): Polled<Told> {
	const told = shallowRef<Told | null>(null);
	const problem = ref<string | null>(null);
	const forbidden = ref(false);
	const now = ref(Date.now());

	const poller = new Poller(async () => {
		try {
			told.value = await ask();
			problem.value = null;
			forbidden.value = false;
		} catch (error) {
			problem.value = problemOf(error);
			forbidden.value = isForbidden(error);
		}
		now.value = Date.now();
	}, intervalMs);

	const follow = (): void => (document.hidden ? poller.stop() : poller.start());
	onMounted(() => {
		document.addEventListener('visibilitychange', follow);
		follow();
	});
	onUnmounted(() => {
		document.removeEventListener('visibilitychange', follow);
		poller.stop();
	});
	return { told, problem, isForbidden: forbidden, now, refresh: () => poller.now() };
}
