/**
 * Tells the server where the visitor is, and carries on what it answers. What the address, the attributes and the caller
 * say is weighed by the server.
 */
import { bare, writeAddress } from "./address";
import { known, remember, seen } from "./known";
import { rewriteAll } from "./links";
import { quiet } from "./quiet";
import { send, type Answer } from "./send";
import { data } from "./settings";
import { allowed, inTurn, viewing } from "./turn";
import type { View } from "./types";

/** Longest address and referrer that are sent: the server takes little more. */
const MOST_ADDRESS = 8000;
const MOST_REFERRER = 2000;

/** The address of the latest view. */
let viewed = "";

/** A view in its turn. A `cause` is given where the page is another (`moved`) or was come back to (`back`). */
export function view(told: View, cause?: string): void {
  inTurn(() => {
    const same = bare() === viewed && !Object.keys(told).length;
    const how = cause || (viewed ? (same ? "same" : "moved") : loading());
    viewed = bare();
    attempt(told, how, 1);
  });
}

function attempt(told: View, cause: string, tries: number): void {
  const body = JSON.stringify(report(told, cause));
  const address = viewed;
  const again = (): void => inTurn(() => viewed === address && attempt(told, cause, tries + 1));
  viewing(true);
  send("/js/funnel", body, tries, again, (answer) => {
    if (answer && !answer.error && allowed()) quiet(keep)(answer);
    viewing(false);
  });
}

/** Whether any view was sent. */
export const hasViewed = (): boolean => !!viewed;

/** How the page was loaded: `navigate`, `reload` or `back_forward`. */
function loading(): string {
  const entry = performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming | undefined;
  return entry ? entry.type : "";
}

function report(told: View, cause: string): object {
  const url = location.href.slice(0, MOST_ADDRESS);
  const referrer = document.referrer.slice(0, MOST_REFERRER);
  const { hit, vid, node } = known;
  return Object.assign({ url, referrer, data, cause, known: { hit, vid, node }, seen: seen(), framed: window !== top }, told);
}

function keep(answer: Answer): void {
  const tokens = answer.resolvedTokens;
  Object.assign(known, { hit: tokens["{hit}"], vid: answer.skv, node: tokens["{current-node-id}"], tokens });
  writeAddress();
  rewriteAll();
  remember(answer.page, answer.offer);
}
