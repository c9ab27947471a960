import { defineConfig } from 'vitest/config';

export default defineConfig({
	test: {
		include: ['src/**/*.test.ts'],
		reporters: ['dot'],
		// The tests' database is `node:sqlite`, which Node 22 calls experimental on every start.
		execArgv: ['--disable-warning=ExperimentalWarning'],
		coverage: { include: ['src/**/*.ts'], exclude: ['src/**/*.test.ts', 'src/testing/**'] },
	},
});
