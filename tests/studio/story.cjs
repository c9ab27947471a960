// What happens in the browser. `tests/studio.rs` prepares the ground and calls this.
//
// Each step says what it is about; the first that fails ends the story with a picture of what was there.
const { mkdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const assert = require('node:assert/strict');
const { chromium } = require('playwright-core');

const url = process.env.STUDIO_URL;
const admin = JSON.parse(process.env.STUDIO_ADMIN);
const ground = JSON.parse(process.env.STUDIO_GROUND);
const pictures = process.env.STUDIO_SCREENSHOTS;
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const PATIENCE_MS = 20_000;
const DESKTOP = { width: 1360, height: 860 };
const NARROW = { width: 420, height: 860 };
/** Where ours begins; what is around it is Directus' own. */
const OURS = ['.event-bridge', '.event-bridge-drawer', '.insight-card', '.pipeline-health', '[role=alertdialog]'];

/** A page of somebody who is signed in, in a context of its own. */
async function signIn(browser, login) {
	const context = await browser.newContext({
		viewport: DESKTOP,
		locale: 'en-US',
		reducedMotion: 'reduce',
	});
	context.setDefaultTimeout(PATIENCE_MS);
	const answer = await context.request.post(`${url}/auth/login`, {
		data: { ...login, mode: 'session' },
	});
	assert.equal(answer.status(), 200, 'the login is taken');
	return await context.newPage();
}

async function ask(page, method, path, data) {
	const answer = await page.context().request.fetch(`${url}/${path}`, { method, data });
	assert.ok(answer.ok(), `${method} ${path}: ${answer.status()} ${await answer.text()}`);
	return answer.status() === 204 ? null : (await answer.json()).data;
}

async function go(page, path) {
	await page.goto(`${url}/admin/${path}`);
}

async function wear(page, appearance) {
	await ask(page, 'PATCH', 'users/me', { appearance });
	await page.reload();
}

/** No serious violation within what is ours. */
async function isAccessible(page, where) {
	await page.evaluate(axe);
	const violations = await page.evaluate(async (ours) => {
		const include = ours.filter((selector) => document.querySelector(selector) !== null).map((selector) => [selector]);
		const { violations } = await axe.run({ include }, { resultTypes: ['violations'] });
		return violations
			.filter(({ impact }) => impact === 'serious' || impact === 'critical')
			.map(
				({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`,
			);
	}, OURS);
	assert.deepEqual(violations, [], where);
}

async function picture(page, name) {
	// Notices of Directus' own come and go.
	await page
		.locator('.notification-dialogs, .notifications-group')
		.evaluateAll((all) => all.forEach((one) => one.remove()));
	await page.screenshot({ path: join(pictures, `studio-${name}.png`) });
}

const card = (page) => page.locator('.insight-card');
const ours = (page) => page.locator('.event-bridge');

/** The story, in order. */
const steps = {
	async 'a feedback that comes in is judged while its form is open'(page) {
		const feedback = await ask(page, 'POST', 'items/feedback', {
			text: 'I hate it. The export is broken again and support is terrible.',
			rating: 1,
			source: 'webform',
			customer: 1,
		});
		await go(page, `content/feedback/${feedback.id}`);
		await card(page).getByText('Negative', { exact: true }).waitFor();
		await card(page)
			.getByText(/VADER .* scores the text -0\.\d+, read as English/)
			.waitFor();
		await card(page)
			.getByText(/% sure/)
			.first()
			.waitFor();
		await card(page).getByText('feedback.submitted').first().waitFor();
		await isAccessible(page, 'the card, light');

		const loaded = await page.evaluate(() => (window.sameDocument = true));
		await ask(page, 'PATCH', `items/feedback/${feedback.id}`, {
			text: 'Thank you! The export works, this is wonderful.',
		});
		await card(page).getByText('Positive', { exact: true }).waitFor();
		assert.equal(await page.evaluate(() => window.sameDocument), loaded, 'nothing was loaded anew');
	},

	async 'whoever may change it can have it analysed again'(page) {
		const before = await card(page).locator('footer code').textContent();
		await card(page).getByRole('button', { name: 'Analyse again' }).click();
		await page.waitForFunction(
			(old) => document.querySelector('.insight-card footer code').textContent !== old,
			before,
		);
	},

	async 'a ticket that was given up says so on its card'(page) {
		await go(page, `content/tickets/${ground.ticket}`);
		await card(page)
			.getByText(/The analysis was given up/)
			.waitFor();
		await isAccessible(page, 'the card of what was given up');
	},

	async 'it is among the dead letters, with its reason and its message'(page) {
		await go(page, 'event-bridge/dead-letters');
		await ours(page)
			.getByRole('heading', { name: /tickets/ })
			.waitFor();
		await isAccessible(page, 'dead letters');
		await picture(page, 'dead-letters');
		await ours(page).locator('tbody .link').first().click();
		await page.getByRole('region', { name: 'Message' }).getByText('Charged twice').waitFor();
		await isAccessible(page, 'a dead letter');
		await page.keyboard.press('Escape');
	},

	async 'everything can be seen'(page) {
		await ask(page, 'POST', 'items/feedback', {
			text: 'Nine stars!',
			rating: 9,
			customer: 2,
		});
		await go(page, 'event-bridge');
		await ours(page).locator('svg a', { hasText: '1 rejected' }).waitFor();
		await ours(page).locator('svg a', { hasText: '1 dead' }).waitFor();
		await isAccessible(page, 'overview, light');
		await picture(page, 'overview-light');

		await wear(page, 'dark');
		await ours(page).locator('svg a', { hasText: '1 dead' }).waitFor();
		await isAccessible(page, 'overview, dark');
		await picture(page, 'overview-dark');

		await page.setViewportSize(NARROW);
		await ours(page).locator('svg a').first().waitFor();
		await isAccessible(page, 'overview, narrow');
		await picture(page, 'overview-narrow');
		await page.setViewportSize(DESKTOP);
	},

	async 'in the dark, too, the other pages are readable'(page) {
		await go(page, 'event-bridge/setup');
		await ours(page).getByText('Both speak the same protocol').waitFor();
		await isAccessible(page, 'setup check, dark');
		await wear(page, 'light');
		await ours(page).getByText('Both speak the same protocol').waitFor();
		await isAccessible(page, 'setup check, light');
		await picture(page, 'setup-check');
	},

	async 'what was refused can be found and sent again'(page) {
		await go(page, 'event-bridge/outbox?state=rejected');
		await ours(page)
			.getByRole('cell', { name: /Contract/ })
			.waitFor();
		await isAccessible(page, 'outbox');
		await picture(page, 'outbox');
		await page.getByRole('button', { name: 'Send all again' }).click();
		await isAccessible(page, 'the question before');
		const answered = page.waitForResponse((answer) => answer.url().endsWith('/outbox/resend'));
		await page.getByRole('alertdialog').getByRole('button', { name: 'Send again' }).click();
		assert.equal((await (await answered).json()).resent, 1);
	},

	async 'what was published about a customer can be followed'(page) {
		await go(page, 'event-bridge/events');
		await ours(page).getByRole('button', { name: 'Customer' }).click();
		await ours(page).getByLabel('Customer key').fill('1');
		await page.keyboard.press('Enter');
		await ours(page)
			.getByRole('row', { name: /feedback\.submitted.*Published.*enrich/ })
			.first()
			.waitFor();
		await isAccessible(page, 'events');
		await picture(page, 'events');
	},

	async 'a letter is redriven when its cause is mended, and is gone'(page) {
		await ask(page, 'POST', 'permissions', ground.permission);
		await go(page, 'event-bridge/dead-letters');
		await ours(page)
			.getByRole('checkbox', { name: /^Select (?!all)/ })
			.first()
			.check();
		await page.getByRole('button', { name: 'Redrive (1)' }).click();
		await page.getByRole('alertdialog').getByRole('button', { name: 'Redrive' }).click();
		await ours(page).getByText('No dead letters').waitFor();
		await isAccessible(page, 'no dead letters');

		await go(page, `content/tickets/${ground.ticket}`);
		await card(page).getByText('It speaks of money.').first().waitFor();
	},

	async 'a dashboard says whether all is well'(page) {
		const [dashboard] = await ask(page, 'GET', 'dashboards?filter[name][_eq]=Operations');
		await go(page, `insights/${dashboard.id}`);
		await page.locator('.pipeline-health').getByText('Dead letters').waitFor();
		await isAccessible(page, 'the panel');
		await page
			.locator('.v-workspace-tile')
			.first()
			.screenshot({ path: join(pictures, 'studio-panel.png') });
	},

	async 'an agent sees why, and nothing of the pipeline'(page, browser) {
		const agent = await signIn(browser, ground.agent);
		await go(agent, `content/tickets/${ground.ticket}`);
		await card(agent).getByText('Negative', { exact: true }).waitFor();
		await card(agent).getByText('It speaks of money.').first().waitFor();
		await card(agent).getByText('Open tickets').waitFor();
		await isAccessible(agent, "the agent's card");
		await picture(agent, 'insight-card-ticket');
		await agent.setViewportSize(NARROW);
		await card(agent).scrollIntoViewIfNeeded();
		await picture(agent, 'insight-card-narrow');

		await go(agent, 'event-bridge');
		await agent.getByRole('heading', { name: 'Page Not Found', level: 2 }).waitFor();
		for (const path of ['overview', 'outbox', 'dead-letters', 'setup-check']) {
			const answer = await agent.context().request.get(`${url}/event-bridge/studio/${path}`);
			assert.equal(answer.status(), 403, path);
		}
	},
};

async function main() {
	mkdirSync(pictures, { recursive: true });
	const browser = await chromium.launch({
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
		args: [
			'--no-sandbox',
			'--disable-gpu',
			'--disable-quic',
			'--no-first-run',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
		],
	});
	const page = await signIn(browser, admin);
	await go(page, 'event-bridge');
	// Directus remembers it: the pictures show the page, not what could be beside it.
	await page.locator('.sidebar-toggle').first().click();
	const complaints = [];
	page.on('pageerror', (error) => complaints.push(error.message));
	try {
		for (const [what, step] of Object.entries(steps)) {
			const began = Date.now();
			try {
				await step(page, browser);
			} catch (error) {
				await page.screenshot({ path: join(pictures, 'failed.png') });
				throw new Error(`${what}: see ${join(pictures, 'failed.png')}`, {
					cause: error,
				});
			}
			console.log(`${what} (${Date.now() - began} ms)`);
		}
		assert.deepEqual(complaints, [], 'nothing threw in the page');
	} finally {
		await browser.close();
	}
}

main().catch((error) => {
	console.error(error);
	process.exit(1);
});
