import { useStores } from '@directus/extensions-sdk';
import { ref, type Ref } from 'vue';
import { problemOf } from '../app/problem.js';

/** Does something that was confirmed, once at a time, and tells in Directus' own notices how it ended. */
export function useOutcome(): { isBusy: Ref<boolean>; attempt: (act: () => Promise<string>) => Promise<void> } {
	const notifications = useStores().useNotificationsStore();
	const isBusy = ref(false);

	const attempt = async (act: () => Promise<string>): Promise<void> => {
		if (isBusy.value) return;
		isBusy.value = true;
		try {
			notifications.add({ title: await act(), type: 'success' });
		} catch (error) {
			notifications.add({ title: problemOf(error), type: 'error', dialog: false });
		}
		isBusy.value = false;
	};
	return { isBusy, attempt };
}
