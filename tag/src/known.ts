/**
 * What is known of the visitor: on this page, and in first-party storage of the page's own site their latest hits, so
 * that a shop's thank-you page converts. Where the browser stores nothing, it lasts as long as the page.
 */
import { quiet } from "./quiet";
import { on } from "./settings";
import type { Known } from "./types";

const KEY = "flux";
const MOST_HITS = 20;

/** A hit of this site: its ID, its page, and whether it is an offer's. */
type Hit = [hit: string, page?: string, offer?: boolean];

/** This page's; empty until its address or the server says more. */
export const known: Known = { hit: "", vid: "", node: "", tokens: {} };

/** This site's, the newest first. */
let hits: Hit[] = [];

/** Reads what is stored. */
export const recall = quiet(() => {
  const kept = on("storage") && JSON.parse(localStorage.getItem(KEY) || "0");
  if (!kept) return;
  hits = kept.hits.filter(Array.isArray);
  known.vid = `${kept.vid}`;
});

/** Hits that were seen here before. */
export const seen = (): string[] => hits.map((hit) => `${hit[0]}`);

/** The latest hit of a page; without one, of an offer. */
export function knownHit(page?: unknown): string | undefined {
  const found = hits.filter((hit) => (page ? hit[1] === page : hit[2]))[0];
  return found && found[0];
}

/** Keeps this page's hit. */
export const remember = quiet((page?: string, offer?: boolean) => {
  const others = hits.filter((earlier) => earlier[0] !== known.hit);
  hits = ([[known.hit, page, offer]] as Hit[]).concat(others).slice(0, MOST_HITS);
  if (on("storage")) localStorage.setItem(KEY, JSON.stringify({ vid: known.vid, hits }));
});

/** Forgets everything. */
export const forget = quiet(() => {
  hits = [];
  Object.assign(known, { hit: "", vid: "", node: "", tokens: {} });
  localStorage.removeItem(KEY);
});
