/**
 * The universal tag: reads where the visitor is, tells the server, carries on what it answers, and reports what
 * pages call. Promise: no error reaches the page; a browser that lacks what is needed does nothing.
 */
import { recallAddress } from "./address";
import { answer, stub, viewIsAsked, type Stub } from "./api";
import { convert } from "./conversion";
import { watchHistory } from "./history";
import { forget, known, recall } from "./known";
import { watchLifecycle } from "./lifecycle";
import { rewriteAll, watchLinks } from "./links";
import { relaxReferrer } from "./referrer";
import { data, on } from "./settings";
import { agree, inTurn } from "./turn";
import type { Known } from "./types";
import { hasViewed, view } from "./view";

/** What of the script's attributes goes with the report that they ask for. */
const ASKED = ["rev", "tx", "status", "currency", "name"];

function track(what: string, told?: Record<string, unknown>): void {
  if (what === "view") view(told || {});
  else convert(what, told || {});
}

function get(): Known {
  return Object.assign({}, known);
}

function ready(then: (known: Known) => void): void {
  inTurn(() => then(get()));
}

function consent(given: boolean): void {
  if (!given) forget();
  agree(given);
}

/** What the page's address and earlier visits to this site say, before the server has answered. */
function begin(): void {
  recall();
  recallAddress();
  relaxReferrer();
  rewriteAll();
  watchLinks();
}

/** Reports what the script's attributes ask for. `data-p` is the page shown, unless no view tells it. */
function reportAsked(what: string): void {
  const told: Record<string, unknown> = {};
  for (const name of on("view") ? ASKED : ASKED.concat("p")) told[name] = data[name];
  track(what, told);
}

function start(flux: Stub): void {
  inTurn(begin);
  if (on("view") && !viewIsAsked(flux)) view({});
  if (data.track) reportAsked(data.track);
  answer(flux, { track, ready, get, consent });
  watchHistory(() => on("history") && hasViewed() && view({}, "moved"));
  watchLifecycle(() => hasViewed() && view({}, "back"));
}

const flux = stub();
if (flux) start(flux);
