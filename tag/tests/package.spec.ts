/** The npm package: the same tag, put on a page by a program. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { GO, expect, test } from "./stage";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));

test.beforeAll(() => {
  execFileSync("node", ["build.mjs", "--package"], { cwd: PACKAGE });
});

test("a program loads the tag, calls it before and after, and loads it once", async ({ stage, tab }) => {
  const code = readFileSync(join(PACKAGE, "dist/index.js"), "utf8");
  stage.show(stage.hosts.lander, "/tag.js", code, { type: "text/javascript" });
  const main = `import { flux, load } from "./tag.js";
    flux.track("event", { name: "lead", tx: "early" });
    load("https://${GO}/", { f: "${stage.funnel}", ts: "${stage.source}", n: "NodeLander01", tokens: "{zone}" });
    load("https://${GO}/");
    flux.ready((known) => { window.known = known; window.scripts = document.querySelectorAll("script[src*=flux]").length; });`;
  stage.show(stage.hosts.lander, "/main.js", main, { type: "text/javascript" });
  stage.show(stage.hosts.lander, "/", '<!doctype html><script type=module src="/main.js"></script>');
  await tab.goto(`${stage.landerUrl}?zone=5`);
  await tab.waitForFunction(() => (window as any).known);
  const [known, scripts] = await tab.evaluate(() => [(window as any).known, (window as any).scripts]);
  expect([known.tokens["{zone}"], scripts]).toEqual(["5", 1]);
  expect(await stage.path()).toEqual(["entrance Lander"]);
  await expect.poll(async () => (await stage.log()).map((call) => call.event ?? call.reason).length).toBe(1);
});

test("outside of a browser it does nothing", () => {
  const program = 'import("./dist/index.js").then(({ flux, load }) => { load("https://go.example.com"); flux.track("view"); console.log(JSON.stringify(flux.get())) })';
  const said = execFileSync("node", ["--input-type=module", "-e", program], { cwd: PACKAGE });
  expect(said.toString().trim()).toBe("{}");
});
