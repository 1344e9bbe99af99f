/** A function → one that cannot throw. No error of ours reaches the page; its developer finds it in the console. */
export function quiet<A extends unknown[], R>(call: (...args: A) => R): (...args: A) => R | undefined {
  return (...args) => {
    try {
      return call(...args);
    } catch (error) {
      say(error);
    }
  };
}

/** Tells the page's developer, and nobody else. */
export function say(error: unknown): void {
  console.error("flux:", error);
}
