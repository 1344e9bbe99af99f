/** A form that is sent by GET → the same with `vid` and `n` as hidden fields: browsers drop the query of its address. */
import { known } from "./known";

/** Adds or updates the hidden fields. */
export function fillForm(form: Element): void {
  if (/post/i.test(form.getAttribute("method") || "")) return;
  put(form, "vid", known.vid);
  put(form, "n", known.node);
}

function put(form: Element, name: string, value: string): void {
  let field = form.querySelector<HTMLInputElement>(`input[name=${name}]`);
  if (!field) {
    field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    form.appendChild(field);
  }
  if (field.type === "hidden") field.value = value;
}
