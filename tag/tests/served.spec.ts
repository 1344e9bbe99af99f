/** The script as it travels: the brotli form, whose end the server writes by hand, is the script. */
import { get } from "node:http";
import { brotliDecompressSync } from "node:zlib";
import { GO, expect, test, type Stage } from "./stage";

interface Served {
  coding: string | undefined;
  body: Buffer;
}

/** What the program sends, as it is. */
function served(stage: Stage, accepted: string): Promise<Served> {
  const headers = { host: GO, "accept-encoding": accepted };
  return new Promise((done, failed) => {
    const asked = get(`${stage.house.program.track}/js/flux.js`, { headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("end", () => done({ coding: answer.headers["content-encoding"], body: Buffer.concat(parts) }));
    });
    asked.on("error", failed);
  });
}

async function bothForms(stage: Stage): Promise<string> {
  const plain = await served(stage, "identity");
  const brotli = await served(stage, "gzip, deflate, br");
  expect([plain.coding, brotli.coding]).toEqual([undefined, "br"]);
  const text = plain.body.toString();
  expect(brotliDecompressSync(brotli.body).toString()).toBe(text);
  return text;
}

test("the brotli form unpacks to the script, whatever the settings", async ({ stage }) => {
  expect(await bothForms(stage)).toContain(`"off":[],"consent":""}`);
  const undo = await stage.settings({ tag: { consentRequired: true, links: false } });
  try {
    expect(await bothForms(stage)).toContain(`"off":["links"],"consent":"required"}`);
  } finally {
    await undo();
  }
});

test("a browser takes the brotli form and runs it", async ({ stage, tab }) => {
  stage.show(stage.hosts.lander, "/", stage.page(stage.direct));
  await tab.goto(stage.landerUrl);
  await tab.waitForFunction(() => (window as any).flux.on);
  expect(stage.house.edge.asked("/js/flux.js").map((call) => [call.status, call.coding])).toEqual([[200, "br"]]);
});
