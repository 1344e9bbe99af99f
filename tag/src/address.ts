/** An address → the same with `vid` and `n`, side by side; what the site itself calls so is left alone. */
import { known } from "./known";
import { on } from "./settings";

const OURS = /(^|[?&])vid=\w{24}(&n=\w{12})?/g;

/** The page's address without what is ours in it, and without what comes after `#`. */
export const bare = (): string => location.href.split("#")[0]!.replace(OURS, "");

/** The visitor and the node in the page's own address. */
export function recallAddress(): void {
  const [, vid, node] = /[?&]vid=(\w{24})(?:&n=(\w{12}))?/.exec(location.search) || [];
  known.vid = vid || known.vid;
  known.node = node || "";
}

/** Adds visitor and node to an address. */
export function carrying(address: string): string {
  const [, path, query, rest] = /^([^?#]*)\??([^#]*)(.*)$/.exec(address)!;
  const theirs = query!.replace(OURS, "").replace(/^&/, "");
  const parts = theirs ? [theirs] : [];
  const add = (name: string, value: string): unknown =>
    value && !RegExp(`(^|&)${name}=`).test(theirs) && parts.push(`${name}=${value}`);
  add("vid", known.vid);
  add("n", known.node);
  return path + (parts.length ? `?${parts.join("&")}` : "") + rest;
}

/** Writes visitor and node into the address bar. */
export function writeAddress(): void {
  if (on("address")) history.replaceState(history.state, "", carrying(location.href));
}
