import { vi } from 'vitest';
import type { Logger } from '../lib/logger.js';

export function fakeLogger(): { [Level in keyof Logger]: ReturnType<typeof vi.fn<Logger[Level]>> } {
	return { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
}
