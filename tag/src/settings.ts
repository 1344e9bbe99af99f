/**
 * The account's settings, which the server writes into the file, and the script's own attributes → what is on, and
 * where the tracking domain is. Pages are never edited again: their attributes only differ from the account.
 */

interface Settings {
  /** Hosts of the tracking domains; the one that served this file comes first. */
  domains: string[];
  /** What is switched off. */
  off: string[];
  /** `required` where nothing may be stored or sent before the visitor agrees. */
  consent: string;
}

/** Replaced by the server that serves the file. */
declare const RUNNEL_SETTINGS: Settings;

const account = RUNNEL_SETTINGS;
const PATH = "/js/flux.js";

const script = (document.currentScript || document.querySelector(`script[src*="${PATH}"]`)) as HTMLScriptElement | null;
const address = script ? script.src : "";

/** Attributes of the script, and parameters of its address. */
export const data: Record<string, string> = { consent: account.consent };
new URLSearchParams(address.split("?")[1]).forEach((value, name) => (data[name] = value));
Object.assign(data, script && script.dataset);

/** Where the tracking domain is reached, without a slash at the end. */
export const base = address.indexOf(PATH) > 0 ? address.split(PATH)[0]! : `${location.protocol}//${account.domains[0]}`;

/** Hosts that action links may lead to. */
export const hosts = account.domains.concat(location.host, base.split("/")[2]!);

/** Whether a part of the tag is switched on, by the page or else by the account. */
export function on(name: string): boolean {
  return (data[name] || (account.off.indexOf(name) < 0 ? "on" : "off")) !== "off";
}
