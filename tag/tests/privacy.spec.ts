/** Consent, blocked cookies, frames on other sites. */
import { chromium } from "@playwright/test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BROWSER, GO, LANDER, expect, go, ready, report, test, watch } from "./stage";

test("without consent nothing is stored or sent; given, it begins; taken back, it ends", async ({ stage, tab, context }) => {
  const { edge } = stage.house;
  stage.show(stage.hosts.lander, "/", stage.page(`${stage.direct} data-consent=required`));
  await tab.goto(stage.landerUrl);
  await tab.waitForFunction(() => (window as any).flux.on);
  const consent = (given: boolean) => tab.evaluate((given) => (window as any).flux.consent(given), given);
  const stored = () => tab.evaluate(() => localStorage.length + sessionStorage.length);
  await consent(false);
  await tab.evaluate(() => (window as any).flux.track("event", { name: "lead", tx: "early" }));
  await stage.settled();
  expect([edge.calls.map((call) => call.path), await stored(), await context.cookies()]).toEqual([["/js/flux.js"], 0, []]);
  expect(tab.url()).toBe(stage.landerUrl);
  expect(await stage.path()).toEqual([]);
  await consent(true);
  await ready(tab);
  expect(await stage.path()).toEqual(["entrance Lander"]);
  expect(await stored()).toBe(1);
  // What the page reported meanwhile is told now: before any offer, an event has no hit to stand on.
  await expect.poll(async () => (await stage.log()).map((call) => call.reason)).toEqual(["no_offer_visited"]);
  await consent(false);
  expect(await stored()).toBe(0);
  expect(await tab.evaluate(() => (window as any).flux.get().hit)).toBe("");
  await tab.evaluate(() => (window as any).flux.track("view"));
  await stage.settled();
  expect(edge.asked("/js/funnel").length).toBe(1);
});

test("the account may require consent on every page", async ({ stage, tab }) => {
  const undo = await stage.settings({ tag: { consentRequired: true } });
  try {
    stage.show(stage.hosts.lander, "/", stage.page(stage.direct));
    await tab.goto(stage.landerUrl);
    await tab.waitForFunction(() => (window as any).flux.on);
    await stage.settled();
    expect(stage.house.edge.asked("/js/funnel")).toEqual([]);
    await tab.evaluate(() => (window as any).flux.consent(true));
    await ready(tab);
    expect(await stage.path()).toEqual(["entrance Lander"]);
  } finally {
    await undo();
  }
});

test("cookies blocked: the road and its conversion hold by addresses alone", async ({ stage }) => {
  const folder = mkdtempSync(join(tmpdir(), "flux-profile-"));
  mkdirSync(join(folder, "Default"));
  const blocked = { profile: { default_content_setting_values: { cookies: 2 } } };
  writeFileSync(join(folder, "Default/Preferences"), JSON.stringify(blocked));
  const context = await chromium.launchPersistentContext(folder, { ...stage.house.launch, userAgent: BROWSER });
  const nothingThrown = watch(context);
  try {
    const tab = await context.newPage();
    await tab.goto(stage.entrance);
    const lander = await ready(tab);
    expect(await context.cookies()).toEqual([]);
    expect(await tab.evaluate(() => { try { return String(localStorage.length) } catch (error) { return (error as Error).name } })).toBe("SecurityError");
    await tab.reload();
    expect((await ready(tab)).hit).toBe(lander.hit);
    await go(tab);
    expect((await ready(tab)).vid).toBe(lander.vid);
    await report(stage, tab, "conversion", { tx: "blocked" });
    expect(await stage.path()).toEqual(["entrance Lander", "action Offer"]);
    expect(await stage.ledger()).toEqual(["Offer blocked approved 12.50"]);
    expect(stage.house.edge.calls.every((call) => call.cookie === "")).toBe(true);
    nothingThrown();
  } finally {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test("in a frame on another site the visitor is known by a partitioned cookie", async ({ stage, tab, context }) => {
  const { edge } = stage.house;
  // Only the cookie can know them: nothing is stored by the page or written into its address.
  stage.show(stage.hosts.lander, "/", stage.page(`${stage.direct} data-address=off`));
  stage.show(stage.hosts.other, "/", `<!doctype html><iframe src="${stage.landerUrl}"></iframe>`);
  const frame = async () => {
    await tab.goto(`https://${stage.hosts.other}/`);
    const inside = await (await tab.waitForSelector("iframe")).contentFrame();
    const known = await ready(inside as any);
    return known;
  };
  const first = await frame();
  const set = edge.asked("/js/funnel")[0]!.setCookie;
  expect(set.length).toBe(2);
  for (const cookie of set) expect(cookie).toMatch(/; HttpOnly; SameSite=None; Secure; Partitioned$/);
  const second = await frame();
  expect(edge.asked("/js/funnel")[1]!.cookie).toContain(`rn_vid=${first.vid}`);
  expect(second.vid).toBe(first.vid);
  // Another site has a jar of its own, and so has the tracking domain itself.
  const kept = await context.cookies(`https://${GO}`);
  expect(kept.map((cookie) => [cookie.name, cookie.partitionKey])).toEqual([
    ["rn_vid", `https://${stage.hosts.other}`],
    ["rn_hit", `https://${stage.hosts.other}`],
  ]);
  const hits = await stage.hits();
  expect(hits.map((hit) => `${hit.request} ${hit.nodeKind}`)).toEqual(["entrance lander", "entrance lander"]);
  expect(new Set(hits.map((hit) => hit.vid)).size).toBe(1);
  expect(first.node).toBe(LANDER);
});

test("a shared address with somebody else's visitor begins a visit of one's own", async ({ stage, tab }) => {
  await tab.goto(stage.entrance);
  const own = await ready(tab);
  const theirs = await stage.house.browser.newContext({ userAgent: BROWSER });
  const other = await theirs.newPage();
  await other.goto(stage.entrance);
  const address = other.url();
  const stranger = await ready(other);
  expect(stranger.vid).not.toBe(own.vid);
  await theirs.close();
  await tab.goto(address);
  expect((await ready(tab)).vid).toBe(own.vid);
});
