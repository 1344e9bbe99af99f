/**
 * The package: puts the tag on a page from a program, with types. The tag itself always comes from the tracking
 * domain, so that the account's settings reach every page. Outside of a browser it does nothing.
 */
import type { Flux } from "./types";

export type { Conversion, CustomEvent, Flux, Known, View } from "./types";

/** Attributes of the script, without `data-`. */
export interface Attributes {
  /** Funnel. */
  f?: string;
  /** Traffic source. */
  ts?: string;
  /** Node of a lander or offer. */
  n?: string;
  /** Lander or offer; instead of `n`. */
  p?: string;
  /** Cost of the entrance. */
  c?: string;
  /** More tokens, separated by blanks. */
  tokens?: string;
  /** `required`: nothing is stored or sent before `flux.consent(true)`. */
  consent?: "required" | "given";
  view?: "on" | "off";
  address?: "on" | "off";
  links?: "on" | "off";
  referrer?: "on" | "off";
  history?: "on" | "off";
  storage?: "on" | "off";
}

const METHODS = ["track", "ready", "get", "consent"] as const;
type Queued = unknown[];
type Stub = { q: Queued[] } & Partial<Record<(typeof METHODS)[number], (...args: unknown[]) => unknown>>;

/** Queues what is called until the tag is there. */
function queue(): Stub {
  const holder = (typeof window === "undefined" ? {} : window) as { flux?: Stub };
  const stub = (holder.flux = holder.flux || { q: [] });
  for (const name of METHODS) {
    stub[name] = stub[name] || ((...args) => (stub.q.push([name, ...args]), {}));
  }
  return stub;
}

function call(name: (typeof METHODS)[number]): (...args: unknown[]) => unknown {
  return (...args) => (typeof window === "undefined" ? {} : queue()[name]!(...args));
}

/** The tag, whether it is there yet or not. */
export const flux = {
  track: call("track"),
  ready: call("ready"),
  get: call("get"),
  consent: call("consent"),
} as Flux;

/** Loads the tag from a tracking domain, `https://go.example.com`; once, however often it is called. */
export function load(domain: string, attributes: Attributes = {}): Flux {
  if (typeof document === "undefined") return flux;
  queue();
  if (document.querySelector('script[src*="/js/flux.js"]')) return flux;
  const script = document.createElement("script");
  script.async = true;
  for (const name of Object.keys(attributes)) script.setAttribute(`data-${name}`, attributes[name as keyof Attributes]!);
  script.src = `${domain.replace(/\/+$/, "")}/js/flux.js`;
  document.head.appendChild(script);
  return flux;
}
