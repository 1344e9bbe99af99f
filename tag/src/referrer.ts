/**
 * Lets the page's full address reach the tracking domain, so that actions taken by a script of the page find their page
 * without a cookie. A page that states a policy of its own in its head keeps it.
 */
import { on } from "./settings";

/** States the policy. */
export function relaxReferrer(): void {
  if (!on("referrer") || document.querySelector("meta[name=referrer]")) return;
  const policy = document.createElement("meta");
  policy.name = "referrer";
  policy.content = "no-referrer-when-downgrade";
  document.head.appendChild(policy);
}
