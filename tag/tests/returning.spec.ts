/** Going back, refreshing, several tabs, single-page applications, prerendering: what is a view and what is none. */
import { visitAlone } from "./alone";
import { LANDER, OFFER, UPSELL, expect, go, ready, test, type Stage } from "./stage";

/** Waits for so many answered views. */
const views = (stage: Stage, count: number) => expect.poll(() => stage.house.edge.asked("/js/funnel").length).toBe(count);

for (const [how, headers] of [["the back-forward cache", {}], ["a new load", { "cache-control": "no-store" }]] as const) {
  test(`Back by ${how} is a view, and the action goes on from there`, async ({ stage, tab }) => {
    const marks = "<script>addEventListener('pageshow',function(e){window.kept=e.persisted})</script>";
    stage.show(stage.hosts.lander, "/", stage.page("", marks), { headers });
    await tab.goto(stage.entrance);
    const first = await ready(tab);
    await go(tab);
    await ready(tab);
    await tab.goBack({ waitUntil: "commit" });
    await views(stage, 3);
    expect(await tab.evaluate(() => (window as any).kept)).toBe(how === "the back-forward cache");
    const again = await ready(tab);
    expect(again.node).toBe(LANDER);
    expect(again.hit).not.toBe(first.hit);
    await go(tab);
    await ready(tab);
    const hits = await stage.hits();
    expect(hits.map((hit) => `${hit.request} ${hit.pageName}`)).toEqual(["entrance Lander", "action Offer", "view Lander", "action Offer"]);
    expect(new Set(hits.map((hit) => hit.visit)).size).toBe(1);
    expect((await stage.explorer(hits[3].hit)).request.action.from).toBe(again.hit);
  });
}

test("going away to another site and coming back is a view", async ({ stage, tab }) => {
  stage.show(stage.hosts.other, "/", "<!doctype html>elsewhere");
  await tab.goto(stage.entrance);
  await ready(tab);
  await tab.goto(`https://${stage.hosts.other}/`);
  await tab.goBack({ waitUntil: "commit" });
  await views(stage, 2);
  await ready(tab);
  expect(await stage.path()).toEqual(["entrance Lander", "view Lander"]);
});

test("two tabs: each goes on from its own page", async ({ stage, tab, context }) => {
  await tab.goto(stage.entrance);
  const first = await ready(tab);
  const second = await context.newPage();
  await second.goto(stage.entrance);
  const other = await ready(second);
  expect(other.vid).toBe(first.vid);
  await go(second);
  expect((await ready(second)).node).toBe(OFFER);
  // The visitor's latest page is the offer, but this tab still shows the lander.
  await go(tab);
  expect((await ready(tab)).node).toBe(OFFER);
  await go(second);
  expect((await ready(second)).node).toBe(UPSELL);
  expect(await stage.path()).toEqual(["entrance Lander", "entrance Lander", "action Offer", "action Offer", "action Upsell"]);
});

test("refreshing repeats no view", async ({ stage, tab }) => {
  await tab.goto(stage.entrance);
  const { hit } = await ready(tab);
  await tab.reload();
  expect((await ready(tab)).hit).toBe(hit);
  await go(tab);
  await ready(tab);
  await tab.reload();
  await ready(tab);
  expect(await stage.path()).toEqual(["entrance Lander", "action Offer"]);
});

test("refreshing a direct entrance repeats neither view nor visit, even where nothing is stored", async ({ stage, tab }) => {
  stage.show(stage.hosts.lander, "/", stage.page(`${stage.direct} data-storage=off`));
  await tab.goto(stage.landerUrl);
  const { hit } = await ready(tab);
  await tab.reload();
  expect((await ready(tab)).hit).toBe(hit);
  expect(await stage.path()).toEqual(["entrance Lander"]);
});

test("a page that tells its view itself, or twice, makes one", async ({ stage, tab }) => {
  stage.show(stage.hosts.lander, "/", stage.page(stage.direct, '<script>flux.track("view")</script>'));
  await tab.goto(stage.landerUrl);
  const { hit } = await ready(tab);
  await tab.evaluate(() => (window as any).flux.track("view"));
  await views(stage, 2);
  expect((await ready(tab)).hit).toBe(hit);
  expect(await stage.path()).toEqual(["entrance Lander"]);
});

test("in a single-page application each new address is a view", async ({ stage, tab }) => {
  const host = stage.hosts.lander;
  const settle = await stage.house.program.api("GET", `/offers/${stage.offer}`);
  const url = `https://${host}/offer`;
  const { version, name, payout } = settle;
  await stage.house.program.api("PUT", `/offers/${stage.offer}`, { version, name, payout, url });
  await tab.goto(stage.entrance);
  await ready(tab);
  await tab.evaluate(() => history.pushState({ own: 1 }, "", "/offer?step=1"));
  await views(stage, 2);
  const offer = await ready(tab);
  expect(offer.node).toBe(OFFER);
  expect(tab.url()).toBe(`${url}?step=1&vid=${offer.vid}&n=${OFFER}`);
  expect(await tab.evaluate(() => history.state)).toEqual({ own: 1 });
  // The same address again is none, and neither is another place on the page.
  await tab.evaluate(() => {
    history.replaceState(history.state, "", location.href);
    location.hash = "below";
  });
  await tab.goBack({ waitUntil: "commit" });
  await tab.goBack({ waitUntil: "commit" });
  await views(stage, 3);
  expect((await ready(tab)).node).toBe(LANDER);
  expect(await stage.path()).toEqual(["entrance Lander", "view Offer", "view Lander"]);
  expect(await tab.locator("#go").getAttribute("href")).toContain(`n=${LANDER}`);
});

test("a single-page application may name its page", async ({ stage, tab }) => {
  stage.show(stage.hosts.lander, "/", stage.page("data-history=off"));
  await tab.goto(stage.entrance);
  await ready(tab);
  await tab.evaluate((p) => (window as any).flux.track("view", { p }), stage.offer);
  await views(stage, 2);
  expect((await ready(tab)).node).toBe(OFFER);
  expect(await stage.path()).toEqual(["entrance Lander", "view Offer"]);
});

test("a prerendered page waits until it is shown", async ({ stage }) => {
  const { edge } = stage.house;
  const host = stage.hosts.lander;
  stage.show(host, "/", stage.page(stage.direct));
  const rules = JSON.stringify({ prerender: [{ source: "list", urls: ["/"], eagerness: "immediate" }] });
  // The page goes on when the test says so.
  const wait = 'setInterval(async () => { if ((await fetch("/go")).ok) location.href = "/" }, 100)';
  stage.show(host, "/start", `<!doctype html><script type=speculationrules>${rules}</script><script>${wait}</script>`);
  const close = await visitAlone(stage, `https://${host}/start`);
  try {
    // The script is fetched by the page that nobody sees yet.
    await expect.poll(() => edge.asked("/js/flux.js").length).toBe(1);
    await stage.settled();
    expect(edge.asked("/js/funnel")).toEqual([]);
    stage.show(host, "/go", "");
    await views(stage, 1);
    // It is the page that waited: nobody asked for it twice.
    expect(edge.shown.filter((page) => page === `${host}/`).length).toBe(1);
    expect(await stage.path()).toEqual(["entrance Lander"]);
  } finally {
    await close();
  }
});
