/** What goes wrong elsewhere never breaks a page or loses a click, and stores nothing that is wrong. */
import { BROWSER, GO, LANDER, STUB, expect, go, ready, report, test } from "./stage";

test("the server answers no call: the page has no error, links work, the view and the conversion follow", async ({ stage, tab }) => {
  const { edge } = stage.house;
  edge.down = /^\/js\/(funnel|event)/;
  await tab.goto(stage.entrance);
  expect((await ready(tab)).hit).toBe("");
  await go(tab);
  await ready(tab);
  await tab.evaluate(() => (window as any).flux.track("conversion", { tx: "late", rev: 2 }));
  expect(await stage.path()).toEqual(["entrance Lander", "action Offer"]);
  expect(await stage.ledger()).toEqual([]);
  edge.down = undefined;
  await expect.poll(() => stage.ledger(), { timeout: 15_000 }).toEqual(["Offer late approved 2.00"]);
  expect(await stage.path()).toEqual(["entrance Lander", "action Offer"]);
});

test("the script cannot be loaded: links work by cookie and referrer", async ({ stage, tab }) => {
  stage.house.edge.down = /^\/js\//;
  await tab.goto(stage.entrance);
  await tab.evaluate(() => (window as any).flux.track("conversion", { rev: 1 }));
  await go(tab);
  await tab.waitForURL(`${stage.offerUrl}?**`);
  expect(await stage.path()).toEqual(["entrance Lander", "action Offer"]);
});

test("an ad blocker stops the script: links work, a second page too", async ({ stage, tab }) => {
  await tab.route(`https://${GO}/js/**`, (route) => route.abort("blockedbyclient"));
  await tab.goto(stage.entrance);
  await go(tab);
  await tab.waitForURL(`${stage.offerUrl}?**`);
  await go(tab);
  await tab.waitForURL(`https://${stage.hosts.offer}/more?**`);
  expect(await stage.path()).toEqual(["entrance Lander", "action Offer", "action Upsell"]);
});

test("a strict content security policy needs the tracking domain and nothing else", async ({ stage, tab }) => {
  const policy = `default-src 'none'; script-src 'self' https://${GO}; connect-src https://${GO}; require-trusted-types-for 'script'`;
  const headers = { "content-security-policy": policy };
  stage.show(stage.hosts.offer, "/own.js", `${STUB};flux.track("conversion",{tx:"strict",rev:6})`, { type: "text/javascript" });
  const own = `<!doctype html><script src="/own.js"></script>${stage.script()}<a id=go href="https://${GO}/action/1">on</a>`;
  stage.show(stage.hosts.offer, "/buy", own, { headers });
  stage.show(stage.hosts.lander, "/", `<!doctype html>${stage.script()}<a id=go href="https://${GO}/action/1">on</a>`, { headers });
  const violations: string[] = [];
  tab.on("console", (message) => message.text().includes("Content Security Policy") && violations.push(message.text()));
  await tab.goto(stage.entrance);
  await expect(tab.locator("#go")).toHaveAttribute("href", /vid=/);
  await go(tab);
  await ready(tab);
  await expect.poll(() => stage.ledger()).toEqual(["Offer strict approved 6.00"]);
  expect(await stage.path()).toEqual(["entrance Lander", "action Offer"]);
  expect(violations).toEqual([]);
});

test("the script twice, and the first line twice, are as once", async ({ stage, tab }) => {
  stage.show(stage.hosts.lander, "/", stage.page(stage.direct) + stage.page(stage.direct));
  await tab.goto(stage.landerUrl);
  await ready(tab);
  await expect.poll(() => tab.evaluate(() => performance.getEntriesByType("resource").filter((entry) => entry.name.endsWith("flux.js")).length)).toBeGreaterThan(0);
  await tab.waitForLoadState("load");
  expect(await stage.path()).toEqual(["entrance Lander"]);
});

test("whatever a page passes, nothing is thrown at it", async ({ stage, tab }) => {
  await tab.goto(stage.entrance);
  await ready(tab);
  await tab.evaluate(() => {
    const { flux } = window as any;
    const circle: any = {};
    circle.self = circle;
    flux.track();
    flux.track("conversion", "text");
    flux.track("conversion", circle);
    flux.track("view", 7);
    flux.track("event");
    flux.ready("no function");
    flux.ready(() => { throw new Error("the page's own") });
    flux.consent();
    flux.consent(true);
    flux.q.push(null, [], ["nothing"], ["track"], { length: -1 });
    localStorage.setItem("flux", '{"vid":7,"hits":"x"}');
  });
  await tab.reload();
  expect((await ready(tab)).node).toBe(LANDER);
  expect(await stage.ledger()).toEqual([]);
});

test("a site that is not registered is refused, and its page hears nothing of it", async ({ stage, tab }) => {
  const { edge } = stage.house;
  stage.show(stage.hosts.other, "/", stage.page(stage.direct));
  await tab.goto(`https://${stage.hosts.other}/`);
  expect(await ready(tab)).toMatchObject({ hit: "", vid: "" });
  await expect.poll(() => edge.asked("/js/funnel").map((call) => call.status)).toContain(403);
  await tab.evaluate(() => (window as any).flux.track("conversion", { rev: 100 }));
  await expect.poll(() => edge.asked("/js/event").map((call) => call.status)).toContain(403);
  expect(await stage.path()).toEqual([]);
  expect(await stage.log()).toEqual([]);
});

test("an unknown node or source is told to the page's developer, nothing is stored", async ({ stage, tab }) => {
  const { edge } = stage.house;
  for (const [attributes, error] of [
    [`data-f=${stage.funnel} data-ts=${stage.source} data-n=NodeUnknown1`, "n: "],
    [`data-f=${stage.funnel} data-ts=SourceUnknow data-n=${LANDER}`, "ts: "],
    [`data-f=FunnelUnknow data-ts=${stage.source} data-n=${LANDER}`, "f: "],
  ] as const) {
    stage.show(stage.hosts.lander, "/", stage.page(attributes));
    const told = tab.waitForEvent("console", (message) => message.text().startsWith("flux:"));
    await tab.goto(stage.landerUrl);
    expect((await told).text()).toContain(`flux: ${error}`);
    expect(edge.asked("/js/funnel").pop()!.status).toBe(400);
    expect(await ready(tab)).toMatchObject({ hit: "", vid: "" });
  }
  expect(await stage.path()).toEqual([]);
});

test("a visitor that was never issued is nobody", async ({ stage, tab }) => {
  const never = "0123456789abcdefghjkmnpq";
  stage.show(stage.hosts.lander, "/", stage.page(stage.direct));
  await tab.goto(`${stage.landerUrl}?vid=${never}`);
  const known = await ready(tab);
  expect(known.vid).not.toBe(never);
  expect(tab.url()).toBe(`${stage.landerUrl}?vid=${known.vid}&n=${LANDER}`);
  const answer = await report(stage, tab, "conversion", { vid: never, rev: 1 });
  expect(answer.error).toContain("unknown_visitor");
  expect(await stage.ledger()).toEqual([]);
  expect(await stage.path()).toEqual(["entrance Lander"]);
});

test("calls of any other shape get a clear answer and store nothing", async ({ stage }) => {
  const context = await stage.house.browser.newContext({ userAgent: BROWSER });
  const tab = await context.newPage();
  stage.show(stage.hosts.lander, "/", "<!doctype html>");
  await tab.goto(stage.landerUrl);
  const send = (path: string, body: string) =>
    tab.evaluate(async ([url, body]) => {
      const response = await fetch(url!, { method: "POST", body: body!, credentials: "include" });
      return [response.status, await response.text()] as const;
    }, [`https://${GO}${path}`, body]);
  for (const [body, status, word] of [
    ["{", 400, "body:"],
    ["[1]", 400, "body:"],
    ['{"f":7}', 400, "body:"],
    [JSON.stringify({ url: "x".repeat(70_000) }), 413, ""],
    [JSON.stringify({ url: "x".repeat(9_000) }), 400, "url:"],
    [JSON.stringify({ seen: Array(99).fill("x") }), 400, "seen:"],
  ] as const) {
    const [answered, text] = await send("/js/funnel", body);
    expect([answered, text.includes(word)], text).toEqual([status, true]);
  }
  expect((await send("/js/event", "x".repeat(70_000)))[0]).toBe(413);
  expect(await stage.path()).toEqual([]);
  expect(await stage.ledger()).toEqual([]);
  await context.close();
});
