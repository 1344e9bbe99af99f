/**
 * Links to actions → the same with `vid` and `n`: those whose address contains `/action/`, those that carry
 * `data-flux-action`, and those that are added later. A link that names its hit stays as it is.
 */
import { carrying } from "./address";
import { fillForm } from "./forms";
import { quiet } from "./quiet";
import { base, hosts, on } from "./settings";

const MARK = "data-flux-action";
const ACTIONS = `[href*="/action/"],[action*="/action/"],[formaction*="/action/"],[${MARK}]`;
/** How long links that were added wait for others, in milliseconds. */
const PAUSE_MS = 50;

/** Rewrites every link of the document. */
export function rewriteAll(): void {
  if (on("links")) document.querySelectorAll(ACTIONS).forEach(quiet(rewrite));
}

function rewrite(element: Element): void {
  const form = element.tagName === "FORM";
  const name = form ? "action" : element.matches("a,area") ? "href" : "formaction";
  const mark = element.getAttribute(MARK);
  const before = element.getAttribute(name) || "";
  const address = mark && before.indexOf(`/action/${mark}?`) < 0 ? `${base}/action/${mark}` : before;
  if (!leadsToAction(address, mark)) return;
  const after = carrying(address);
  if (after !== before) element.setAttribute(name, after);
  if (form) fillForm(element);
}

function leadsToAction(address: string, mark: string | null): boolean {
  const url = new URL(address, document.baseURI);
  const ours = /\/action\/\d/.test(url.pathname) && hosts.indexOf(url.host) >= 0;
  return (ours || mark !== null) && !/[?&]hit=./.test(url.search);
}

/** Rewrites what is added, and at the last moment what nobody saw being added. */
export function watchLinks(): void {
  if (!on("links")) return;
  let waits = false;
  const again = quiet(() => {
    waits = false;
    rewriteAll();
  });
  new MutationObserver(() => {
    if (!waits) setTimeout(again, PAUSE_MS);
    waits = true;
  }).observe(document, { childList: true, subtree: true });
  const last = quiet((event: Event) => {
    event.composedPath().forEach((at) => at instanceof Element && at.matches(ACTIONS) && rewrite(at));
  });
  for (const name of ["click", "auxclick", "submit"]) addEventListener(name, last, true);
}
