/**
 * A body → `POST` to the tracking domain → its answer. As plain text, so that no preflight is asked for; kept alive, so
 * that it survives leaving the page.
 */
import { quiet, say } from "./quiet";
import { base } from "./settings";

/** What the server answers; of a view all of it, of a conversion the error alone. */
export interface Answer {
  /** Empty when all is well. */
  error: string;
  /** Tokens by their name in braces. */
  resolvedTokens: Record<string, string>;
  /** The visitor. */
  skv: string;
  /** The page shown. */
  page?: string;
  /** Whether it is an offer. */
  offer?: boolean;
}

/** How often a body is sent at most. */
export const TRIES = 4;
const PAUSE_MS = 2000;

/** Sends for the nth time. `then` gets no answer where nobody answered or the server could not store it; `again` follows later. */
export function send(path: string, body: string, tries: number, again: () => void, then?: (answer?: Answer) => void): void {
  fetch(base + path, { method: "POST", body, credentials: "include", keepalive: true })
    .then((response) => (response.status < 500 ? response.json() : undefined))
    .catch(() => undefined)
    .then((answer?: Answer) => {
      if (answer && answer.error) say(answer.error);
      if (!answer && tries < TRIES) setTimeout(quiet(again), PAUSE_MS * tries);
      if (then) then(answer);
    })
    .catch(say);
}
