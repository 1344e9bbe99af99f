/**
 * What each test has: the program behind TLS, a road of pages on hosts of its own (traffic → lander → offer → upsell), a
 * browser, and what the server knows of it: hits, ledger, calls. A page that throws fails its test.
 */
import { chromium, expect, test as base, type Browser, type BrowserContext, type Page as Tab } from "@playwright/test";
import { Edge, GO, type Page } from "./edge";
import { Program } from "./program";

export { expect, GO };

/** The first line of a page that calls the tag. */
export const STUB =
  'window.flux=window.flux||{q:[]};["track","ready","get","consent"].forEach(function(m){flux[m]=flux[m]||function(){flux.q.push([m].concat([].slice.call(arguments)));return{}}})';

export const BROWSER =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

export const ROOT = "NodeRoot0001";
export const LANDER = "NodeLander01";
export const OFFER = "NodeOffer001";
export const UPSELL = "NodeUpsell01";

/** What the browser is started with. */
export interface Launch {
  executablePath: string;
  args: string[];
  ignoreDefaultArgs: string[];
}

interface House {
  program: Program;
  edge: Edge;
  browser: Browser;
  launch: Launch;
}

/** What `flux.get()` gives. */
export interface Known {
  hit: string;
  vid: string;
  node: string;
  tokens: Record<string, string>;
}

let count = 0;

export class Stage {
  /** Hosts of this test's pages. */
  readonly hosts: { lander: string; offer: string; other: string };
  funnel = "";
  source = "";
  lander = "";
  offer = "";
  upsell = "";
  private readonly begun = new Date().toISOString();

  constructor(readonly house: House) {
    const number = `${process.pid}-${++count}`;
    this.hosts = { lander: `lander-${number}.example`, offer: `offer-${number}.example`, other: `other-${number}.example` };
  }

  /** Makes the road. */
  async build(): Promise<void> {
    const { program } = this.house;
    this.source = await program.make("traffic-sources", {
      name: "Push",
      fields: { external: { name: "clickid", placeholder: "[clickid]" }, c1: { name: "zone", placeholder: "[zone]" } },
    });
    this.lander = await program.make("landers", { name: "Lander", url: `https://${this.hosts.lander}/` });
    const offer = (name: string, path: string, payout: string) =>
      program.make("offers", { name, url: `https://${this.hosts.offer}${path}`, payout });
    this.offer = await offer("Offer", "/buy?click={hit}", "12.50");
    this.upsell = await offer("Upsell", "/more", "4.00");
    const shows = (id: string, kind: string, page: string) => ({ id, kind, pages: [{ page, weight: 1 }] });
    this.funnel = await program.make("funnels", {
      name: "Road",
      nodes: [
        { id: ROOT, kind: "traffic" },
        shows(LANDER, "lander", this.lander),
        shows(OFFER, "offer", this.offer),
        shows(UPSELL, "offer", this.upsell),
      ],
      connections: [
        { id: "ConnRoot0001", from: ROOT, to: LANDER, weight: 1 },
        { id: "ConnLander01", from: LANDER, to: OFFER, actions: [1] },
        { id: "ConnOffer001", from: OFFER, to: UPSELL, actions: [1] },
      ],
    });
    for (const [host, path] of [[this.hosts.lander, "/"], [this.hosts.offer, "/buy"], [this.hosts.offer, "/more"]] as const) {
      this.show(host, path, this.page());
    }
  }

  /** Puts a page on a host. */
  show(host: string, path: string, html: string, more: Partial<Page> = {}): void {
    this.house.edge.pages.set(host + path, { html, ...more });
  }

  /** A page with the tag and a link to action 1. */
  page(attributes = "", body = ""): string {
    return `<!doctype html><title>page</title><script>${STUB}</script>${this.script(attributes)}
      <a id=go href="https://${GO}/action/1">on</a>${body}`;
  }

  script(attributes = ""): string {
    return `<script async src="https://${GO}/js/flux.js" ${attributes}></script>`;
  }

  /** Attributes that make a page an entrance. */
  get direct(): string {
    return `data-f="${this.funnel}" data-ts="${this.source}" data-n="${LANDER}"`;
  }

  get entrance(): string {
    return `https://${GO}/fts/${this.funnel}-${this.source}?clickid=abc&zone=7`;
  }

  get landerUrl(): string {
    return `https://${this.hosts.lander}/`;
  }

  get offerUrl(): string {
    return `https://${this.hosts.offer}/buy`;
  }

  /** Waits until everything that happened so far is in the reports. */
  async settled(): Promise<void> {
    const now = Date.now();
    await expect.poll(async () => Date.parse((await this.hitList()).asOf ?? "1970-01-01"), { intervals: [50] }).toBeGreaterThan(now);
  }

  private async hitList(): Promise<any> {
    const filters = [{ by: "funnel", include: [this.funnel] }];
    const range = { from: "2020-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z", timezone: "UTC" };
    return this.house.program.api("POST", "/reports/hits", { ...range, filters, bots: "include", limit: 1000 });
  }

  /** All hits of the road's pages, the oldest first: `entrance lander`, `action offer`, `view lander`. */
  async hits(): Promise<any[]> {
    await this.settled();
    const pages = (await this.hitList()).rows.filter((row: any) => row.page);
    for (const hit of pages) expect(hit.bot ?? "").toBe("");
    return pages.reverse();
  }

  async path(): Promise<string[]> {
    return (await this.hits()).map((hit) => `${hit.request} ${hit.pageName}`);
  }

  /** Everything booked on the road, the oldest first: `Offer A approved 4.20`. */
  async ledger(): Promise<string[]> {
    const list = await this.house.program.api("POST", "/reports/conversions", { funnels: [this.funnel] });
    const names: Record<string, string> = { [this.lander]: "Lander", [this.offer]: "Offer", [this.upsell]: "Upsell" };
    const line = (row: any) => `${names[row.page]} ${row.tx ?? "-"} ${row.event ? "event" : row.status} ${row.revenue}`;
    return list.rows.map(line).reverse();
  }

  /** Calls in the postback log since the test began, the oldest first. */
  async log(): Promise<any[]> {
    const list = await this.house.program.api("POST", "/reports/postbacks", { filter: { from: this.begun } });
    return list.rows.reverse();
  }

  async explorer(hit: string): Promise<any> {
    return this.house.program.api("GET", `/explorer/hit/${hit}`);
  }

  /** Changes the account's settings; gives back what undoes it. */
  async settings(change: object): Promise<() => Promise<void>> {
    const { program } = this.house;
    const before = await program.api("GET", "/settings");
    const put = async (settings: object) => {
      const { version } = await program.api("GET", "/settings");
      await program.api("PUT", "/settings", { ...settings, version });
    };
    await put({ ...before, ...change });
    return () => put(before);
  }
}

/** Waits for the tag and gives what it knows. */
export async function ready(tab: Tab): Promise<Known> {
  return tab.evaluate(() => new Promise<Known>((done) => (window as any).flux.ready(done)));
}

/** Calls `flux.track` and waits until the server has answered so many calls. */
export async function report(stage: Stage, tab: Tab, ...call: unknown[]): Promise<any> {
  const { edge } = stage.house;
  const before = edge.asked("/js/event").length;
  await tab.evaluate((call) => (window as any).flux.track(...call), call);
  await expect.poll(() => edge.asked("/js/event").length).toBe(before + 1);
  return JSON.parse(edge.asked("/js/event").pop()!.answer);
}

/** Follows the link to action 1. */
export async function go(tab: Tab): Promise<void> {
  await tab.click("#go");
  await tab.waitForLoadState();
}

/** Fails the test if a page in `context` throws. */
export function watch(context: BrowserContext): () => void {
  const thrown: string[] = [];
  context.on("weberror", (error) => thrown.push(error.error().message));
  return () => expect(thrown).toEqual([]);
}

export const test = base.extend<{ stage: Stage; context: BrowserContext; tab: Tab }, { house: House }>({
  house: [
    async ({}, use) => {
      const program = await Program.start();
      const edge = new Edge(program.track);
      const port = await edge.listen();
      await program.make("domains", { name: GO });
      await program.make("events", { name: "lead" });
      const launch = {
        executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
        args: [
          "--no-sandbox",
          "--disable-gpu",
          "--disable-quic",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
          `--host-resolver-rules=MAP *.example:443 127.0.0.1:${port}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`,
          `--ignore-certificate-errors-spki-list=${edge.authority.fingerprint}`,
        ],
        // Back and forward shall work as for everybody.
        ignoreDefaultArgs: ["--disable-back-forward-cache"],
      };
      const browser = await chromium.launch(launch);
      await use({ program, edge, browser, launch });
      await browser.close();
      edge.close();
      await program.stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],
  stage: async ({ house }, use) => {
    const stage = new Stage(house);
    await stage.build();
    house.edge.calls = [];
    await use(stage);
    house.edge.down = undefined;
  },
  context: async ({ house }, use) => {
    const context = await house.browser.newContext({ userAgent: BROWSER });
    const nothingThrown = watch(context);
    await use(context);
    nothingThrown();
    await context.close();
  },
  tab: async ({ context }, use) => use(await context.newPage()),
});
