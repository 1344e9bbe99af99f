/**
 * A conversion or custom event → the server, with what this site remembers of the visitor. Reports arrive in the order
 * of their calls: each waits for the answer to the one before it, until the page is left. What nobody answered is sent
 * again as it was: the same call books nothing twice.
 */
import { known, knownHit } from "./known";
import { send, TRIES } from "./send";
import { allowed, inTurn } from "./turn";

/** Bodies of reports that wait for an earlier one. */
const waiting: string[] = [];
let underway = false;

/** Reports in its turn. Whoever names visitor or hit means those and nobody else. */
export function convert(kind: string, told: { [name: string]: unknown }): void {
  inTurn(() => {
    const own = told.vid || told.hit ? {} : { knownVid: known.vid, knownHit: knownHit(told.p) };
    waiting.push(JSON.stringify(Object.assign(own, told, { event: kind })));
    next();
  });
}

/** Sends all that waits: the page is being left, and nothing of it runs later. */
export function hurry(): void {
  if (allowed()) waiting.splice(0).forEach((body) => attempt(body, 1));
}

function next(): void {
  if (!underway && waiting.length) attempt(waiting.shift()!, 1);
}

function attempt(body: string, tries: number): void {
  underway = true;
  const again = (): void => inTurn(() => attempt(body, tries + 1));
  send("/js/event", body, tries, again, (answer) => {
    underway = !answer && tries < TRIES;
    inTurn(next);
  });
}
