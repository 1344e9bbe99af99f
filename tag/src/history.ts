/** Single-page applications: an address that changes without loading a page → a view. */
import { bare } from "./address";
import { quiet } from "./quiet";

/** Calls `moved` after each change of the address; several in one go are one. */
export function watchHistory(moved: () => void): void {
  let last = bare();
  const look = quiet(() => {
    if (bare() === last) return;
    last = bare();
    moved();
  });
  const later = (): unknown => setTimeout(look);
  for (const name of ["pushState", "replaceState"] as const) {
    const own = history[name];
    history[name] = function (this: History, ...args: Parameters<History["pushState"]>) {
      own.apply(this, args);
      later();
    };
  }
  addEventListener("popstate", later);
}
