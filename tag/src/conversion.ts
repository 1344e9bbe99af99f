/**
 * A conversion or custom event → the server, with what this site remembers of the visitor. What nobody answered is sent
 * again: the same call books nothing twice.
 */
import { known, knownHit } from "./known";
import { send } from "./send";
import { inTurn } from "./turn";

/** Reports in its turn. Whoever names visitor or hit means those and nobody else. */
export function convert(kind: string, told: { [name: string]: unknown }, tries = 1): void {
  inTurn(() => {
    const own = told.vid || told.hit ? {} : { knownVid: known.vid, knownHit: knownHit(told.p) };
    const body = JSON.stringify(Object.assign(own, told, { event: kind }));
    send("/js/event", body, tries, () => convert(kind, told, tries + 1));
  });
}
