/** Prerendered pages go on when they are shown; coming back by the back-forward cache → a view; leaving → no more waiting. */
import { hurry } from "./conversion";
import { quiet } from "./quiet";
import { goOn, viewing } from "./turn";

/** Calls `back` when the page is shown again as it was left. */
export function watchLifecycle(back: () => void): void {
  document.addEventListener("prerenderingchange", goOn);
  addEventListener("pageshow", quiet((event: PageTransitionEvent) => event.persisted && back()));
  addEventListener("pagehide", () => {
    viewing(false);
    hurry();
  });
}
