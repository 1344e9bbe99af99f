/** `window.flux`: the stub's queue → calls, in order; what is pushed later is called at once. */
import { quiet } from "./quiet";

// What pages pass is checked nowhere: each method is called quietly.
type Methods = Record<string, (...args: any[]) => unknown>;

/** What the page's first line has put there. */
export interface Stub {
  q?: ArrayLike<unknown>[];
  /** Whether the tag is there already. */
  on?: boolean;
  [method: string]: unknown;
}

/** The stub, or nothing where the tag is loaded already. */
export function stub(): Stub | undefined {
  const holder = window as { flux?: Stub };
  const flux = (holder.flux = holder.flux || {});
  return flux.on ? undefined : flux;
}

/** Whether the page has asked for a view before the tag was there. */
export function viewIsAsked(flux: Stub): boolean {
  return (flux.q || []).some((call) => call && call[1] === "view");
}

/** Puts the methods in place and calls what was queued. */
export function answer(flux: Stub, methods: Methods): void {
  flux.on = true;
  for (const name in methods) flux[name] = quiet(methods[name]!);
  const queue = (flux.q = flux.q || []);
  const call = quiet((queued: ArrayLike<unknown>) => {
    const [name, ...args] = Array.from(queued);
    methods[name as string]!(...args);
  });
  queue.splice(0).forEach(call);
  queue.push = (...calls) => {
    calls.forEach(call);
    return 0;
  };
}
