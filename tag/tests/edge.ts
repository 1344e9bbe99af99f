/**
 * Every host of a test behind one port with TLS: the tracking domain is passed on to the program as a proxy would, all
 * others are pages of the test. What the tag's domain was asked is kept.
 */
import { request, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { Authority } from "./certificate";

/** The tracking domain. */
export const GO = "go.tracker.example";

/** A page: its HTML, and headers if it has some. */
export interface Page {
  html: string;
  type?: string;
  headers?: Record<string, string>;
}

/** A call of the tracking domain. */
export interface Call {
  path: string;
  status: number;
  cookie: string;
  setCookie: string[];
  body: string;
  answer: string;
  /** How the answer was compressed. */
  coding: string;
}

export class Edge {
  readonly authority = new Authority();
  /** Pages by host and path. */
  readonly pages = new Map<string, Page>();
  /** What the tracking domain was asked, and has answered. */
  calls: Call[] = [];
  /** Pages that were asked for, with their hosts. */
  shown: string[] = [];
  /** Paths of the tracking domain that nobody answers. */
  down: RegExp | undefined;
  private readonly server = createServer({ SNICallback: (host, done) => done(null, this.authority.for(host)) });

  constructor(private readonly program: string) {
    this.server.on("request", (asked, answer) => this.answer(asked, answer));
  }

  async listen(): Promise<number> {
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
    this.authority.close();
  }

  /** Calls of a path that were answered. */
  asked(path: string): Call[] {
    return this.calls.filter((call) => call.path.split("?")[0] === path);
  }

  private answer(asked: IncomingMessage, answer: ServerResponse): void {
    if (asked.headers.host !== GO) return this.show(asked, answer);
    if (this.down?.test(asked.url!)) asked.socket.destroy();
    else this.pass(asked, answer);
  }

  private show(asked: IncomingMessage, answer: ServerResponse): void {
    this.shown.push(asked.headers.host + asked.url!);
    const page = this.pages.get(asked.headers.host + asked.url!.split("?")[0]!);
    answer.writeHead(page ? 200 : 404, { "content-type": page?.type ?? "text/html; charset=utf-8", ...page?.headers });
    answer.end(page?.html ?? "");
  }

  private pass(asked: IncomingMessage, answer: ServerResponse): void {
    // The browser's own word for being driven by a test would make every visitor a bot.
    const brands = String(asked.headers["sec-ch-ua"] ?? "").replace("HeadlessChrome", "Google Chrome");
    const headers = {
      ...asked.headers,
      "sec-ch-ua": brands,
      "x-forwarded-proto": "https",
      "x-forwarded-for": asked.socket.remoteAddress!,
    };
    const sent: Buffer[] = [];
    const onward = request(this.program + asked.url!, { method: asked.method!, headers }, (response) => {
      const received: Buffer[] = [];
      response.on("data", (chunk: Buffer) => received.push(chunk));
      response.on("end", () => {
        this.calls.push({
          path: asked.url!,
          status: response.statusCode!,
          cookie: asked.headers.cookie ?? "",
          setCookie: response.headers["set-cookie"] ?? [],
          body: Buffer.concat(sent).toString(),
          answer: Buffer.concat(received).toString(),
          coding: response.headers["content-encoding"] ?? "",
        });
        answer.writeHead(response.statusCode!, response.headers);
        answer.end(Buffer.concat(received));
      });
    });
    onward.on("error", () => answer.destroy());
    asked.on("data", (chunk: Buffer) => sent.push(chunk));
    asked.pipe(onward);
  }
}
