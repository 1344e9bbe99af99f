/** What pages and the tag say to each other. These are the package's types; product.md §8 has the rules. */

/** Where a visitor is. What is left out is taken from the page's address, then from the script's attributes. */
export interface View {
  /** Funnel. */
  f?: string;
  /** Traffic source. */
  ts?: string;
  /** Node of a lander or offer. */
  n?: string;
  /** Lander or offer; instead of `n`. */
  p?: string;
  /** Visitor. */
  vid?: string;
  /** Hit that led here. */
  hit?: string;
  /** Cost of the entrance, as a decimal. */
  c?: string;
  /** More tokens to resolve: `{country}`. */
  tokens?: string[];
  /** More parameters, as if they stood in the page's address. */
  params?: Record<string, string>;
}

/** A conversion. Nothing is required: the visitor's latest offer converts with its payout. */
export interface Conversion {
  /** Revenue; missing or empty means the offer's payout. */
  rev?: string | number;
  /** Transaction, which tells conversions of one hit apart. */
  tx?: string;
  /** Lander or offer that converts. */
  p?: string;
  /** Visitor who converts; not together with `hit`. */
  vid?: string;
  /** Hit that converts; not together with `vid`. */
  hit?: string;
  /** A network's word: `pending`, `rejected`, … */
  status?: string;
  /** Currency of `rev`, ISO 4217. */
  currency?: string;
  /** Whether the traffic source is not told. */
  disable_postbacks?: boolean;
  /** What else the call carries; kept, and usable as `{pb-NAME}`. */
  [more: string]: string | number | boolean | undefined;
}

/** A custom event. */
export interface CustomEvent extends Conversion {
  /** Its name in the account. */
  name: string;
}

/** What is known of the visitor; empty texts before the server has answered. */
export interface Known {
  /** Hit of this page. */
  hit: string;
  /** Visitor. */
  vid: string;
  /** Node of this page. */
  node: string;
  /** Tokens by their name in braces. */
  tokens: Record<string, string>;
}

/** The tag on `window.flux`. */
export interface Flux {
  /** Says where the visitor is. */
  track(what: "view", view?: View): void;
  /** Reports a conversion. */
  track(what: "conversion", conversion?: Conversion): void;
  /** Reports a custom event. */
  track(what: "event", event: CustomEvent): void;
  /** Calls back once, when the server has answered the first view or has failed to. */
  ready(then: (known: Known) => void): void;
  /** What is known now; before the tag is loaded, nothing. */
  get(): Partial<Known>;
  /** `true` begins to track; `false` ends it and forgets what was stored. */
  consent(given: boolean): void;
}
