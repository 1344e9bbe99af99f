/** The real program as a process of its own on free loopback ports, in a folder of its own, and its API. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BINARY = resolve(ROOT, process.env["CARGO_TARGET_DIR"] ?? "target", "debug/runnel");

export class Program {
  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    private readonly key: string,
    /** `http://127.0.0.1:port` of the tracking domains. */
    readonly track: string,
    private readonly admin: string,
  ) {}

  static async start(): Promise<Program> {
    const folder = mkdtempSync(join(tmpdir(), "flux-"));
    const environment = {
      ...process.env,
      RUNNEL_KNOWLEDGE: join(ROOT, ".setup/knowledge"),
      RUNNEL_TRUSTED_PROXIES: '["127.0.0.1"]',
      RUST_LOG: "warn",
    };
    const options = { env: environment };
    const key = execFileSync(BINARY, ["--data", folder, "key", "add", "--role", "owner"], options).toString().trim();
    const addresses = ["--track", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    const started = spawn(BINARY, ["--data", folder, "serve", ...addresses], { ...options, stdio: ["ignore", "pipe", "inherit"] });
    process.once("exit", () => started.kill("SIGKILL"));
    const found: Record<string, string> = {};
    for await (const line of createInterface({ input: started.stdout })) {
      const [, name, address] = /^(tracking|API) on (\S+?)(?:\/api\/v1)?$/.exec(line) ?? [];
      if (name) found[name] = address!;
      if (found["tracking"] && found["API"]) break;
    }
    started.stdout.resume();
    return new Program(started, folder, key, found["tracking"]!, found["API"]!);
  }

  /** A call of the API; throws unless it succeeds. */
  async api<T = any>(method: string, path: string, body?: unknown): Promise<T> {
    const headers = { authorization: `Bearer ${this.key}`, "content-type": "application/json" };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${this.admin}/api/v1${path}`, { method, headers, ...sent });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text || "null");
  }

  /** Makes an asset and gives its ID. */
  async make(kind: string, body: unknown): Promise<string> {
    return (await this.api("POST", `/${kind}`, body)).id;
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.process.once("exit", done));
    this.process.kill("SIGTERM");
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
