/** Conversions and events from pages: what `flux.track` books, and what it does not. */
import { GO, expect, go, ready, report, test, type Known, type Stage } from "./stage";
import type { Page as Tab } from "@playwright/test";

/** Lander, then offer. */
async function reachOffer(stage: Stage, tab: Tab): Promise<{ lander: Known; offer: Known }> {
  await tab.goto(stage.entrance);
  const lander = await ready(tab);
  await go(tab);
  return { lander, offer: await ready(tab) };
}

test("lander, action, offer, and a conversion with revenue and transaction", async ({ stage, tab }) => {
  const { lander, offer } = await reachOffer(stage, tab);
  expect(offer.vid).toBe(lander.vid);
  const answer = await report(stage, tab, "conversion", { rev: "4.20", tx: "A" });
  expect(answer).toMatchObject({ error: "", result: "created" });
  expect(await stage.path()).toEqual(["entrance Lander", "action Offer"]);
  expect(await stage.ledger()).toEqual(["Offer A approved 4.20"]);
  const [call] = await stage.log();
  expect(call).toMatchObject({ via: "javascript", verdict: "created", hit: offer.hit, tx: "A" });
  // Credit reaches the lander.
  const report_ = await stage.house.program.api("POST", "/reports/drilldown", {
    from: "2020-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z", timezone: "UTC",
    groupings: [{ by: "lander" }], filters: [{ by: "funnel", include: [stage.funnel] }], limit: 10,
  });
  expect(report_.rows[0]).toMatchObject({ key: stage.lander, metrics: { conversions: 1, revenue: "4.20" } });
});

test("without revenue the offer's payout is booked", async ({ stage, tab }) => {
  await reachOffer(stage, tab);
  await report(stage, tab, "conversion");
  await report(stage, tab, "conversion", { rev: "", tx: "blank" });
  await report(stage, tab, "conversion", { rev: "VALUE", tx: "sample" });
  expect(await stage.ledger()).toEqual(["Offer - approved 12.50", "Offer blank approved 12.50", "Offer sample approved 12.50"]);
});

test("the latest offer converts, or the page, visitor or hit that is named", async ({ stage, tab }) => {
  const { lander, offer } = await reachOffer(stage, tab);
  await go(tab);
  await ready(tab);
  await report(stage, tab, "conversion", { tx: "latest" });
  await report(stage, tab, "conversion", { tx: "page", p: stage.offer, rev: 1 });
  await report(stage, tab, "conversion", { tx: "lander", p: stage.lander, rev: 2 });
  await report(stage, tab, "conversion", { tx: "hit", hit: offer.hit, rev: 3 });
  await report(stage, tab, "conversion", { tx: "vid", vid: lander.vid, rev: 4 });
  expect(await stage.ledger()).toEqual([
    "Upsell latest approved 4.00",
    "Offer page approved 1.00",
    "Lander lander approved 2.00",
    "Offer hit approved 3.00",
    "Upsell vid approved 4.00",
  ]);
});

test("visitor and hit at once are an error in the console and no conversion", async ({ stage, tab }) => {
  const { offer } = await reachOffer(stage, tab);
  const console_ = tab.waitForEvent("console", (message) => message.type() === "error" && message.text().includes("flux:"));
  const answer = await report(stage, tab, "conversion", { vid: offer.vid, hit: offer.hit, rev: 5 });
  expect(answer.error).toBe("pass hit or vid, not both");
  expect((await console_).text()).toContain("pass hit or vid, not both");
  expect(await stage.ledger()).toEqual([]);
  expect((await stage.log())[0]).toMatchObject({ verdict: "unbooked", reason: "hit_and_vid" });
});

test("statuses change a conversion, the same call changes nothing", async ({ stage, tab }) => {
  await reachOffer(stage, tab);
  await report(stage, tab, "conversion", { tx: "S", rev: 9, status: "pending" });
  expect(await stage.ledger()).toEqual(["Offer S pending 0.01"]);
  await report(stage, tab, "conversion", { tx: "S", rev: 9 });
  expect((await report(stage, tab, "conversion", { tx: "S", rev: 9 })).result).toBe("unchanged");
  expect(await stage.ledger()).toEqual(["Offer S approved 9.00"]);
});

test("custom events have a name, a revenue and a hit like conversions", async ({ stage, tab }) => {
  const { lander } = await reachOffer(stage, tab);
  await report(stage, tab, "event", { name: "lead", rev: "1.50" });
  await report(stage, tab, "event", { name: "lead", hit: lander.hit });
  expect((await report(stage, tab, "event", { name: "nobody knows it" })).error).toContain("unknown_event");
  expect(await stage.ledger()).toEqual(["Offer - event 1.50", "Lander - event 0.00"]);
});

test("calls that were queued before the script was there are made in their order", async ({ stage, tab }) => {
  const early = `<script>flux.track("conversion",{tx:"1",rev:1});flux.track("conversion",{tx:"2",rev:2});
    window.before=flux.get().hit;flux.ready(function(known){window.then=known.hit})</script>`;
  stage.show(stage.hosts.offer, "/buy", stage.page() + early);
  const { offer } = await reachOffer(stage, tab);
  await expect.poll(() => stage.ledger()).toEqual(["Offer 1 approved 1.00", "Offer 2 approved 2.00"]);
  expect(await tab.evaluate(() => [(window as any).before, (window as any).then])).toEqual([undefined, offer.hit]);
});

test("a report waits for the one before it, and for none when the page is left", async ({ stage, tab }) => {
  await reachOffer(stage, tab);
  const held: (() => unknown)[] = [];
  await tab.route(`https://${GO}/js/event`, (route) => held.push(() => route.continue()));
  await tab.evaluate(() => {
    for (const tx of ["1", "2", "3"]) (window as any).flux.track("conversion", { tx, rev: tx });
  });
  await expect.poll(() => held.length).toBe(1);
  held[0]!();
  await expect.poll(() => held.length).toBe(2);
  expect(await stage.ledger()).toEqual(["Offer 1 approved 1.00"]);
  // The second is not answered yet: leaving sends the third all the same.
  await tab.evaluate(() => dispatchEvent(new Event("pagehide")));
  await expect.poll(() => held.length).toBe(3);
  held.slice(1).forEach((go) => go());
  await expect.poll(async () => (await stage.ledger()).length).toBe(3);
});

test("a shop's thank-you page without parameters converts the offer seen on its site", async ({ stage, tab }) => {
  stage.show(stage.hosts.offer, "/thanks", stage.page(`data-view=off`));
  const { offer } = await reachOffer(stage, tab);
  // Neither the address nor a cookie of the tracking domain says who it is.
  await tab.context().clearCookies();
  await tab.goto(`https://${stage.hosts.offer}/thanks`);
  await tab.waitForFunction(() => (window as any).flux.on);
  expect((await report(stage, tab, "conversion", { tx: "order-1" })).result).toBe("created");
  expect(await stage.ledger()).toEqual(["Offer order-1 approved 12.50"]);
  expect((await stage.log())[0].hit).toBe(offer.hit);
});

test("a page may report by attributes alone", async ({ stage, tab }) => {
  const asked = 'data-view=off data-track=conversion data-rev=7.00 data-tx=order-2';
  stage.show(stage.hosts.offer, "/thanks", `${stage.script(asked)}`);
  stage.show(stage.hosts.offer, "/lead", stage.script('data-view=off data-track=event data-name=lead data-rev=2'));
  await reachOffer(stage, tab);
  await tab.goto(`https://${stage.hosts.offer}/thanks`);
  await expect.poll(() => stage.ledger()).toEqual(["Offer order-2 approved 7.00"]);
  await tab.goto(`https://${stage.hosts.offer}/lead`);
  await expect.poll(() => stage.ledger()).toEqual(["Offer order-2 approved 7.00", "Offer - event 2.00"]);
});

test("a conversion told while leaving the page is booked", async ({ stage, tab }) => {
  const { offer } = await reachOffer(stage, tab);
  // The next offer's hit may be made before the conversion arrives: the page says which one it means.
  await tab.evaluate(([go, hit]) => {
    (window as any).flux.track("conversion", { tx: "leaving", rev: 3, hit });
    location.href = `https://${go}/action/1`;
  }, [GO, offer.hit]);
  await tab.waitForURL(`https://${stage.hosts.offer}/more?**`);
  await expect.poll(() => stage.ledger()).toEqual(["Offer leaving approved 3.00"]);
});
