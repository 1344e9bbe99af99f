/**
 * Steps → the same, one after the other, as soon as they may run: the visitor has agreed where that is required, the
 * page is shown rather than prerendered, and no view is under way, whose answer says who the visitor is.
 */
import { quiet } from "./quiet";
import { data } from "./settings";

let agreed = data.consent !== "required";
let busy = false;
const waiting: (() => unknown)[] = [];

/** Whether something may be stored and sent. */
export const allowed = (): boolean => agreed && !document.prerendering;

/** Runs `step` in its turn. */
export function inTurn(step: () => unknown): void {
  waiting.push(quiet(step));
  goOn();
}

/** A view is under way, or its answer is there. */
export function viewing(underway: boolean): void {
  busy = underway;
  goOn();
}

/** Keeps what the visitor said. */
export function agree(given: boolean): void {
  agreed = given;
  goOn();
}

/** Runs whatever may run. */
export function goOn(): void {
  while (allowed() && !busy && waiting.length) waiting.shift()!();
}

declare global {
  interface Document {
    /** Whether the page is being prepared before anybody sees it. */
    readonly prerendering?: boolean;
  }
}
