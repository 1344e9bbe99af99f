/** A browser that nobody looks into: with its developer tools attached Chromium prerenders nothing. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BROWSER, type Stage } from "./stage";

/** Opens `url`; gives back what closes the browser. */
export async function visitAlone(stage: Stage, url: string): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), "flux-alone-"));
  const { executablePath, args } = stage.house.launch;
  const own = ["--headless", `--user-data-dir=${folder}`, `--user-agent=${BROWSER}`];
  const browser = spawn(executablePath, [...args, ...own, url], { stdio: "ignore", detached: true });
  return async () => {
    const ended = new Promise((done) => browser.once("exit", done));
    // With all its processes: it leads a group of its own.
    process.kill(-browser.pid!, "SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  };
}
