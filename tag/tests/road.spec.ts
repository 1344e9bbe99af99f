/** Ways into and along a funnel: entrances with and without redirects, actions by links and forms. */
import { GO, LANDER, OFFER, expect, go, ready, test } from "./stage";

test("entrance by redirect: the view is the hit that the redirect made", async ({ stage, tab }) => {
  await tab.goto(stage.entrance);
  const known = await ready(tab);
  const hits = await stage.hits();
  expect(hits.map((hit) => `${hit.request} ${hit.pageName}`)).toEqual(["entrance Lander"]);
  expect(known).toMatchObject({ hit: hits[0].hit, vid: hits[0].vid, node: LANDER });
  expect(known.tokens["{visitor}"]).toBe(known.vid);
  const seen = await stage.explorer(known.hit);
  expect(seen.request.fields).toEqual({ external: "abc", c1: "7" });
  expect(seen.route.equal).toBe(true);
});

test("direct entrance without redirect: the view is the entrance", async ({ stage, tab }) => {
  stage.show(stage.hosts.lander, "/", stage.page(`${stage.direct} data-tokens="{zone} {country}"`));
  stage.show(stage.hosts.other, "/", `<a id=go href="${stage.landerUrl}?clickid=xyz&zone=9&note=hello">on</a>`, {
    headers: { "referrer-policy": "unsafe-url" },
  });
  await tab.goto(`https://${stage.hosts.other}/?from=here`);
  await tab.click("#go");
  const known = await ready(tab);
  expect(known.tokens["{zone}"]).toBe("9");
  const { request } = await stage.explorer(known.hit);
  expect(request).toMatchObject({ kind: "entrance", domain: GO, fields: { external: "xyz", c1: "9" }, buffer: { note: "hello" } });
  expect(request.referrer).toBe(`https://${stage.hosts.other}/?from=here`);
  expect(tab.url()).toBe(`${stage.landerUrl}?clickid=xyz&zone=9&note=hello&vid=${known.vid}&n=${LANDER}`);
  await go(tab);
  expect(await stage.path()).toEqual(["entrance Lander", "action Offer"]);
});

test("each load from elsewhere is a new visit of the same visitor", async ({ stage, tab }) => {
  stage.show(stage.hosts.lander, "/", stage.page(stage.direct));
  await tab.goto(stage.landerUrl);
  const first = await ready(tab);
  await tab.goto(stage.landerUrl);
  const second = await ready(tab);
  expect(second.vid).toBe(first.vid);
  const hits = await stage.hits();
  expect(hits.map((hit) => hit.request)).toEqual(["entrance", "entrance"]);
  expect(hits[0].visit).not.toBe(hits[1].visit);
});

test("a page is found by its own address, without node or page", async ({ stage, tab }) => {
  stage.show(stage.hosts.lander, "/", stage.page(`data-f="${stage.funnel}" data-ts="${stage.source}"`));
  await tab.goto(`${stage.landerUrl}?utm=x#top`);
  expect((await ready(tab)).node).toBe(LANDER);
  expect(await stage.path()).toEqual(["entrance Lander"]);
});

test("attributes may stand in the script's address", async ({ stage, tab }) => {
  const query = `f=${stage.funnel}&ts=${stage.source}&n=${LANDER}&address=off`;
  stage.show(stage.hosts.lander, "/", `<script async src="https://${GO}/js/flux.js?${query}"></script>`);
  await tab.goto(stage.landerUrl);
  await expect.poll(() => stage.house.edge.asked("/js/funnel").length).toBe(1);
  expect(await stage.path()).toEqual(["entrance Lander"]);
  expect(tab.url()).toBe(stage.landerUrl);
});

test("links added later, marked links and relative ones lead to actions", async ({ stage, tab }) => {
  await tab.goto(stage.entrance);
  const { vid } = await ready(tab);
  await tab.evaluate((go) => {
    const add = (id: string, html: string): void => document.body.insertAdjacentHTML("beforeend", html.replace("<a", `<a id=${id}`));
    add("later", `<a href="https://${go}/action/1?x=1#y">`);
    add("marked", `<a data-flux-action=1 href="/pricing">`);
    add("own", `<a data-flux-action href="/out?to=1">`);
    add("named", `<a href="https://${go}/action/1?hit=abc">`);
    add("foreign", `<a href="https://elsewhere.example/action/1">`);
  }, GO);
  const ours = `vid=${vid}&n=${LANDER}`;
  const address = (id: string) => tab.locator(`#${id}`).getAttribute("href");
  await expect.poll(() => address("later")).toBe(`https://${GO}/action/1?x=1&${ours}#y`);
  expect(await address("marked")).toBe(`https://${GO}/action/1?${ours}`);
  expect(await address("own")).toBe(`/out?to=1&${ours}`);
  expect(await address("named")).toBe(`https://${GO}/action/1?hit=abc`);
  expect(await address("foreign")).toBe("https://elsewhere.example/action/1");
  await tab.evaluate(() => document.getElementById("marked")!.click());
  await tab.waitForURL(`${stage.offerUrl}?**`);
  expect(await stage.path()).toEqual(["entrance Lander", "action Offer"]);
});

test("a link inside a shadow tree is rewritten when it is clicked", async ({ stage, tab }) => {
  await tab.goto(stage.entrance);
  await ready(tab);
  await tab.context().clearCookies();
  await tab.evaluate((go) => {
    const host = document.body.appendChild(document.createElement("div"));
    host.attachShadow({ mode: "open" }).innerHTML = `<a id=deep rel=noreferrer href="https://${go}/action/1">on</a>`;
  }, GO);
  await tab.click("#deep");
  await tab.waitForURL(`${stage.offerUrl}?**`);
  expect(await stage.path()).toEqual(["entrance Lander", "action Offer"]);
});

for (const method of ["post", "get"]) {
  test(`a form sent by ${method} is an action, its fields are kept`, async ({ stage, tab }) => {
    const form = `<form method=${method} action="https://${GO}/action/1"><input name=email value="a@b.example"><button>send</button></form>`;
    stage.show(stage.hosts.lander, "/", stage.page("", form));
    await tab.goto(stage.entrance);
    const { vid } = await ready(tab);
    // Neither cookie nor referrer: only the form itself says where the visitor is.
    await tab.context().clearCookies();
    await tab.evaluate(() => document.querySelector<HTMLMetaElement>("meta[name=referrer]")!.setAttribute("content", "no-referrer"));
    await tab.click("button");
    await tab.waitForURL(`${stage.offerUrl}?**`);
    expect(await stage.path()).toEqual(["entrance Lander", "action Offer"]);
    const visitor = await stage.house.program.api("GET", `/explorer/visitor/${vid}`);
    expect(visitor.buffer).toMatchObject({ email: "a@b.example" });
  });
}

test("a button with an address of its own is an action", async ({ stage, tab }) => {
  const form = `<form method=post action="/search"><button formaction="https://${GO}/action/1">on</button></form>`;
  stage.show(stage.hosts.lander, "/", stage.page("", form));
  await tab.goto(stage.entrance);
  const { vid } = await ready(tab);
  await expect(tab.locator("button")).toHaveAttribute("formaction", `https://${GO}/action/1?vid=${vid}&n=${LANDER}`);
  await tab.click("button");
  await tab.waitForURL(`${stage.offerUrl}?**`);
  expect(await stage.path()).toEqual(["entrance Lander", "action Offer"]);
});

test("an action taken by the page's own script is placed by its referrer", async ({ stage, tab }) => {
  await tab.goto(stage.entrance);
  await ready(tab);
  await tab.context().clearCookies();
  await tab.evaluate((go) => (location.href = `https://${go}/action/1`), GO);
  await tab.waitForURL(`${stage.offerUrl}?**`);
  expect((await ready(tab)).node).toBe(OFFER);
  expect(await stage.path()).toEqual(["entrance Lander", "action Offer"]);
});

test("each helper can be switched off, by the account or by the page", async ({ stage, tab }) => {
  const off = { address: false, links: false, referrer: false, view: false, history: false, storage: false, consentRequired: false, sites: [] };
  const undo = await stage.settings({ tag: off });
  try {
    stage.show(stage.hosts.lander, "/", stage.page(stage.direct));
    await tab.goto(`${stage.landerUrl}?all=off`);
    await tab.waitForFunction(() => (window as any).flux.on);
    await tab.evaluate(() => (window as any).flux.track("view"));
    await ready(tab);
    expect(tab.url()).toBe(`${stage.landerUrl}?all=off`);
    expect(await tab.locator("#go").getAttribute("href")).toBe(`https://${GO}/action/1`);
    expect(await tab.locator("meta[name=referrer]").count()).toBe(0);
    expect(await tab.evaluate(() => localStorage.length)).toBe(0);
    expect(await stage.path()).toEqual(["entrance Lander"]);
    // The page's own word goes before the account's.
    stage.show(stage.hosts.lander, "/", stage.page(`${stage.direct} data-links=on data-view=on`));
    await tab.goto(stage.landerUrl);
    const { vid } = await ready(tab);
    expect(await tab.locator("#go").getAttribute("href")).toContain(`vid=${vid}`);
    expect(tab.url()).toBe(stage.landerUrl);
  } finally {
    await undo();
  }
});

test("the site's own parameters are left alone", async ({ stage, tab }) => {
  stage.show(stage.hosts.lander, "/", stage.page(stage.direct));
  await tab.goto(`${stage.landerUrl}?p=12&n=3&q=a%20b&c=x`);
  const { vid, node } = await ready(tab);
  expect(node).toBe(LANDER);
  expect(tab.url()).toBe(`${stage.landerUrl}?p=12&n=3&q=a%20b&c=x&vid=${vid}`);
});
